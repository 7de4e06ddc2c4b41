import keras
import numpy as np
import pytest
from keras import ops

from dfnet_tf.networks import pose_net

PAIRS = [pose_net.TinyPoseNet, pose_net.MobilePoseNet]


def frames(num_sources, height=40, width=56, batch=2):
    random = np.random.default_rng(0)
    target = random.uniform(size=[batch, height, width, 3]).astype("float32")
    sources = random.uniform(size=[batch, num_sources, height, width, 3]).astype("float32")
    return target, sources


@pytest.mark.parametrize("network", [*PAIRS, lambda: pose_net.PaperPoseNet(num_sources=2)])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_training_starts_near_the_identity_in_both_directions(network, policy):
    keras.config.set_dtype_policy(policy)
    motion = network()(*frames(num_sources=2))
    assert motion.shape == (2, 2, 2, 6)
    assert motion.dtype == "float32"
    assert 0.0 < float(ops.max(ops.abs(motion))) < 0.01


def test_swapping_target_and_source_swaps_the_two_directions():
    network = pose_net.TinyPoseNet()
    target, sources = frames(num_sources=1)
    motion = network(target, sources)
    swapped = network(sources[:, 0], target[:, None])
    np.testing.assert_allclose(motion[:, 0, 0], swapped[:, 0, 1], atol=1e-7)
    np.testing.assert_allclose(motion[:, 0, 1], swapped[:, 0, 0], atol=1e-7)
    assert np.abs(motion[:, 0, 0] - motion[:, 0, 1]).max() > 1e-6


def test_the_first_direction_is_source_from_target():
    network = pose_net.TinyPoseNet()
    target, sources = frames(num_sources=1)
    first, second = network._encode(target), network._encode(sources[:, 0])
    expected = network._motion(first, second)  # "second_from_first".
    np.testing.assert_allclose(network(target, sources)[:, 0, 0], expected, atol=1e-7)


def test_each_motion_is_that_of_its_own_pair():
    network = pose_net.TinyPoseNet()
    target, sources = frames(num_sources=3)
    motion = network(target, sources)
    for example in range(2):
        for i in range(3):
            alone = network(target[[example]], sources[[example], i : i + 1])
            np.testing.assert_allclose(motion[example, i], alone[0, 0], atol=1e-7)


def test_the_same_content_elsewhere_in_the_picture_means_another_motion():
    network = pose_net.TinyPoseNet()
    content = frames(num_sources=1, height=16, width=24, batch=1)
    motions = []
    for left in (96, 160):  # Apart by a multiple of the strides, and far from both borders.
        target, source = np.full([2, 1, 64, 288, 3], 0.5, "float32")
        target[:, 24:40, left : left + 24] = content[0]
        source[:, 24:40, left + 4 : left + 28] = content[1][:, 0]
        motions.append(np.array(network(target, source[:, None])))
    assert np.abs(motions[0] - motions[1]).max() > 0.01 * np.abs(motions[0]).max()


@pytest.mark.parametrize(("network", "count"), zip(PAIRS, (143_782, 1_311_270), strict=True))
def test_the_number_of_weights_does_not_change(network, count):
    network = network()
    network.build((1, 64, 64, 3), (1, 2, 64, 64, 3))
    assert network.count_params() == count


def test_paper_layers_and_motions():
    network = pose_net.PaperPoseNet()
    assert network(*frames(num_sources=4)).shape == (2, 4, 2, 6)
    kernels = [tuple(layer.kernel.shape) for layer in (*network.encoder, network.head)]
    assert kernels[:3] == [(7, 7, 15, 16), (5, 5, 16, 32), (3, 3, 32, 64)]
    assert kernels[-2:] == [(3, 3, 256, 256), (1, 1, 256, 48)]


def test_paper_with_an_eighth_of_its_channels():
    network = pose_net.PaperPoseNet(2, width_multiplier=0.125)
    assert network(*frames(num_sources=2)).shape == (2, 2, 2, 6)
    kernels = [tuple(layer.kernel.shape) for layer in (*network.encoder, network.head)]
    assert (kernels[0], kernels[-1]) == ((7, 7, 9, 2), (1, 1, 32, 24))


def test_paper_refuses_another_number_of_sources():
    with pytest.raises(ValueError, match="Expected 4 sources. Received: 2"):
        pose_net.PaperPoseNet()(*frames(num_sources=2))
    with pytest.raises(ValueError, match="Received: 0"):
        pose_net.PaperPoseNet(num_sources=0)
