import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from dfnet_tf.networks import depth_net

LIGHT = [depth_net.TinyDepthNet, depth_net.MobileDepthNet]


def images(height=64, width=96, batch=1):
    return np.random.default_rng(0).uniform(size=[batch, height, width, 3]).astype("float32")


def check_disparities(disparities, height, width):
    sizes = [(height // s, width // s) for s in (1, 2, 4, 8)]
    assert [tuple(d.shape[1:3]) for d in disparities] == sizes
    for disparity in disparities:
        assert disparity.dtype == "float32"
        assert disparity.shape[3] == 1
        assert 0.01 <= float(ops.min(disparity)) <= float(ops.max(disparity)) <= 10.01


@pytest.mark.parametrize(
    ("network", "policy"),
    [(network, "mixed_bfloat16") for network in LIGHT] + [(depth_net.TinyDepthNet, "float32")],
)
def test_four_float32_disparities_finest_first(network, policy):
    keras.config.set_dtype_policy(policy)
    check_disparities(network()(images()), 64, 96)


@pytest.mark.parametrize(("network", "count"), zip(LIGHT, (256_372, 3_788_836), strict=True))
def test_the_number_of_weights_does_not_change(network, count):
    network = network()
    network(images(64, 64))
    assert network.count_params() == count


def test_paper_has_58_45_million_parameters_and_accepts_multiples_of_8():
    network = depth_net.PaperDepthNet()
    check_disparities(network(images(40, 56)), 40, 56)
    assert network.count_params() == pytest.approx(58.45e6, abs=5e3)


def test_a_quarter_of_papers_channels_is_a_sixteenth_of_its_weights():
    network = depth_net.PaperDepthNet(width_multiplier=0.25)
    check_disparities(network(images(40, 56)), 40, 56)
    assert network.count_params() == pytest.approx(58.45e6 / 16, rel=0.01)


def test_papers_finer_stages_read_the_coarser_disparity():
    network = depth_net.PaperDepthNet(width_multiplier=1 / 16)
    before = network(images(40, 56))
    for stage, coarsest_first in enumerate(network.heads):
        bias = coarsest_first.bias.numpy()
        coarsest_first.bias.assign(bias + 1.0)
        changes = [
            float(ops.max(ops.abs(new - old)))
            for new, old in zip(network(images(40, 56)), before, strict=True)
        ]
        coarsest_first.bias.assign(bias)
        finest_unchanged = depth_net.NUM_SCALES - stage
        assert min(changes[:finest_unchanged]) > 1e-3
        assert max(changes[finest_unchanged:], default=0.0) == 0.0


@pytest.mark.parametrize("network", [*LIGHT, depth_net.PaperDepthNet])
def test_sizes_that_do_not_divide_are_refused(network):
    with pytest.raises(ValueError, match=f"{network.size_multiple}. Received: 60 x 64"):
        network()(images(60, 64))


def test_disparity_by_hand():
    np.testing.assert_allclose(depth_net.disparity(np.float32([-100, 0, 100])), [0.01, 5.01, 10.01])


@pytest.mark.parametrize("network", LIGHT)
def test_every_weight_reaches_a_disparity(network):
    network = network()
    with tf.GradientTape() as tape:
        total = sum(ops.sum(d) for d in network(images()))
    for weight, gradient in zip(
        network.trainable_weights, tape.gradient(total, network.trainable_weights), strict=True
    ):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path
