import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from dfnet_tf.networks import flow_net


def narrow_paper():
    """The paper's network with an eighth of its channels."""
    return flow_net.FlowNetC(width_multiplier=1 / 8)


ALL = [flow_net.TinyFlowNet, flow_net.MobileFlowNet, narrow_paper]


def pair(height=64, width=64, batch=1):
    random = np.random.default_rng(0)
    return random.uniform(size=[2, batch, height, width, 3]).astype("float32")


@pytest.mark.parametrize(
    ("network", "policy"),
    [(network, "mixed_bfloat16") for network in ALL] + [(flow_net.TinyFlowNet, "float32")],
)
def test_float32_flows_finest_first_from_a_quarter(network, policy):
    keras.config.set_dtype_policy(policy)
    network = network()
    flows = network(*pair(64, 128))
    expected = [(1, 16 // 2**i, 32 // 2**i, 2) for i in range(network.num_levels)]
    assert [tuple(flow.shape) for flow in flows] == expected
    assert {keras.backend.standardize_dtype(flow.dtype) for flow in flows} == {"float32"}


@pytest.mark.parametrize("network", ALL)
def test_call_is_encode_then_estimate(network):
    network = network()
    first, second = pair(batch=2)
    estimated = network.estimate(network.encode(first), network.encode(second))
    for flow, expected in zip(network(first, second), estimated, strict=True):
        np.testing.assert_allclose(flow, expected, atol=1e-5)


def test_each_flow_is_that_of_its_own_pair():
    network = flow_net.TinyFlowNet()
    first, second = pair(batch=2)
    backward = network(second[1:], first[1:])
    both = network(np.stack([first[0], second[1]]), np.stack([second[0], first[1]]))
    for flow, expected in zip(both, backward, strict=True):
        np.testing.assert_allclose(flow[1:], expected, atol=1e-6)


@pytest.mark.parametrize("network", [flow_net.TinyFlowNet, flow_net.MobileFlowNet])
def test_training_starts_near_no_flow(network):
    for flow in network()(*pair(128, 128)):
        assert 0.0 < float(ops.max(ops.abs(flow))) < 0.5


def test_features_have_mean_0_and_variance_1_at_low_contrast_too():
    network = flow_net.TinyFlowNet()
    for contrast in (1.0, 0.3):
        for level in network.encode(0.5 + contrast * (pair()[0] - 0.5)):
            np.testing.assert_allclose(ops.mean(level, axis=(1, 2)), 0.0, atol=1e-5)
            assert 0.8 < float(ops.mean(ops.var(level, axis=(1, 2)))) <= 1.001


@pytest.mark.parametrize(
    ("network", "count"), [(flow_net.TinyFlowNet, 240_882), (flow_net.MobileFlowNet, 1_110_162)]
)
def test_the_number_of_weights_does_not_change(network, count):
    network = network()
    network.build((1, 64, 64, 3), (1, 64, 64, 3))
    assert network.count_params() == count


def test_paper_has_39_18_million_parameters():
    network = flow_net.FlowNetC()
    network.build((1, 64, 64, 3), (1, 64, 64, 3))
    assert network.count_params() == pytest.approx(39.18e6, abs=5e3)


def test_half_of_papers_channels_is_about_a_quarter_of_its_weights():
    network = flow_net.FlowNetC(width_multiplier=0.5)
    network.build((1, 64, 64, 3), (1, 64, 64, 3))
    # A little more, because the correlation keeps its 441 channels.
    assert network.count_params() == pytest.approx(39.18e6 / 4, rel=0.04)


@pytest.mark.parametrize("network", ALL)
def test_sizes_that_do_not_divide_are_refused(network):
    with pytest.raises(ValueError, match=f"{network().size_multiple}. Received: 96 x 80"):
        network()(*pair(96, 80))


@pytest.mark.parametrize("network", [flow_net.TinyFlowNet, flow_net.MobileFlowNet])
def test_every_weight_reaches_a_flow_even_where_the_images_are_black(network):
    network = network()
    black = np.zeros([1, 64, 64, 3], "float32")
    with tf.GradientTape() as tape:
        total = sum(ops.sum(flow) for flow in network(black, pair()[1]))
    gradients = tape.gradient(total, network.trainable_weights)
    for weight, gradient in zip(network.trainable_weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path


def test_a_flow_doubles_from_level_to_level():
    network = flow_net.TinyFlowNet()
    network(*pair())
    network.head.kernel.assign(ops.zeros_like(network.head.kernel))
    network.head.bias.assign([1.0, -1.0])  # Every level adds (1, -1) in its own pixels.
    for flow, pixels in zip(network(*pair()), [15.0, 7.0, 3.0, 1.0], strict=True):
        np.testing.assert_allclose(flow[..., 0], pixels, atol=1e-5)
        np.testing.assert_allclose(flow[..., 1], -pixels, atol=1e-5)


def test_pictures_are_halved_before_they_are_filtered():
    network = flow_net.TinyFlowNet()
    network.build((1, 64, 64, 3), (1, 64, 64, 3))
    assert [tuple(layer.kernel.shape[2:]) for layer in (network.down[0], network.refine[0])] == [
        (3, 16),
        (16, 16),
    ]


def test_a_picture_of_the_mean_colour_has_no_features_in_papers_network():
    picture = np.full([1, 64, 64, 3], np.float32([104.92, 110.175, 114.786]) / 255)
    for features in narrow_paper().encode(picture):
        np.testing.assert_allclose(features, 0.0, atol=1e-4)


def test_papers_flow_is_five_times_the_output_of_its_heads():
    network = narrow_paper()
    network(*pair())
    for head in network.heads:
        head.kernel.assign(ops.zeros_like(head.kernel))
        head.bias.assign([1.0, -2.0])
    for flow in network(*pair()):
        np.testing.assert_allclose(flow[..., 0], 5.0, rtol=1e-6)
        np.testing.assert_allclose(flow[..., 1], -10.0, rtol=1e-6)


def test_a_correct_coarse_flow_needs_no_correction_at_finer_levels(monkeypatch):
    network = flow_net.TinyFlowNet()
    network(*pair())
    costs = []

    def noted(_, cost, _context, flow):
        costs.append(np.asarray(cost))
        return flow

    def shift_by_one_pixel_at_the_coarsest(decoded):
        return ops.zeros_like(decoded) + ([1.0, 0.0] if len(costs) == 1 else [0.0, 0.0])

    monkeypatch.setattr(flow_net.TinyFlowNet, "_decoded", noted)
    monkeypatch.setattr(network, "head", shift_by_one_pixel_at_the_coarsest)
    first, _ = pair(64, 384)
    network(first, np.roll(first, 32, axis=2))
    for cost in costs[1:]:
        inner = cost[:, 1:-1, cost.shape[2] // 4 : -cost.shape[2] // 4]
        # No displacement, of 81. A stronger neighbour may exceed a few true matches.
        assert (inner.argmax(axis=-1) == 40).mean() > 0.9
