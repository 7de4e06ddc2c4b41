import keras
import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import optical_flow
from dfnet_tf.networks.convex_upsampling import NEIGHBOURS, ConvexUpsampling
from dfnet_tf.networks.flow_net import MobileFlowNet

FACTOR, HEIGHT, WIDTH = 4, 5, 6


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.fixture
def flow():
    return random(2, HEIGHT, WIDTH, 2)


@pytest.fixture
def features():
    return random(2, HEIGHT, WIDTH, 8, seed=1)


@pytest.fixture
def layer(flow, features):
    made = ConvexUpsampling(FACTOR)
    made(flow, features)
    return made


def test_untrained_it_interpolates_bilinearly(layer, flow, features):
    layer.scores.kernel.assign(0 * layer.scores.kernel)
    expected = optical_flow.resize_flow(tf.constant(flow), FACTOR * HEIGHT, FACTOR * WIDTH)
    np.testing.assert_allclose(layer(flow, features), expected, atol=0.15)
    ramp = np.broadcast_to(np.arange(WIDTH, dtype="float32")[:, None], (2, HEIGHT, WIDTH, 2))
    enlarged = np.array(layer(ramp, features))[0, 9, 4:-4, 0]
    np.testing.assert_allclose(np.diff(enlarged), 1.0, atol=0.03)  # A coarse pixel is 4 fine ones.


def test_a_constant_flow_stays_constant_in_finer_pixels(layer, features):
    flow = np.broadcast_to(np.float32([3.0, -1.5]), (2, HEIGHT, WIDTH, 2))
    layer.scores.kernel.assign(random(*layer.scores.kernel.shape, seed=2))
    np.testing.assert_allclose(
        layer(flow, features), np.broadcast_to([12.0, -6.0], (2, 20, 24, 2)), rtol=1e-5
    )


def test_a_fine_flow_lies_between_those_of_its_neighbourhood(layer, flow, features):
    layer.scores.kernel.assign(5 * random(*layer.scores.kernel.shape, seed=2))
    fine = np.array(layer(flow, features)) / FACTOR
    padded = np.pad(flow, [(0, 0), (1, 1), (1, 1), (0, 0)], "edge")
    around = np.stack([padded[:, y : y + HEIGHT, x : x + WIDTH] for y, x in NEIGHBOURS])
    least, most = (
        edge.repeat(FACTOR, axis=1).repeat(FACTOR, axis=2)
        for edge in (around.min(axis=0), around.max(axis=0))
    )
    assert ((fine >= least - 1e-5) & (fine <= most + 1e-5)).all()
    assert fine.std() > 0.5 * flow.std()


@pytest.mark.parametrize(("neighbour", "row", "column"), [(5, 1, 3), (1, 0, 2), (4, 3, 0)])
def test_a_high_score_picks_that_neighbour_for_that_fine_pixel(
    layer, flow, features, neighbour, row, column
):
    layer.scores.kernel.assign(0 * layer.scores.kernel)
    bias = np.array(layer.scores.bias)
    bias[neighbour * FACTOR**2 + row * FACTOR + column] = 50.0
    layer.scores.bias.assign(bias)
    fine = np.array(layer(flow, features))[:, row::FACTOR, column::FACTOR]
    y, x = NEIGHBOURS[neighbour]
    padded = np.pad(flow, [(0, 0), (1, 1), (1, 1), (0, 0)], "edge")
    expected = FACTOR * padded[:, y : y + HEIGHT, x : x + WIDTH]
    np.testing.assert_allclose(fine, expected, rtol=1e-4, atol=1e-5)


def test_samples_do_not_mix(layer, flow, features):
    layer.scores.kernel.assign(random(*layer.scores.kernel.shape, seed=2))
    both = layer(flow, features)
    np.testing.assert_allclose(both[1:], layer(flow[1:], features[1:]), atol=1e-5)


def test_a_network_that_enlarges_its_flow_gives_it_at_the_images_size_and_is_restored(tmp_path):
    network = MobileFlowNet(upsampling="learned")
    images = random(2, 64, 128, 3, seed=3)
    flows = network(images[:1], images[1:])
    assert [flow.shape[1:3] for flow in flows] == [(64, 128), (8, 16), (4, 8), (2, 4), (1, 2)]
    network.save(tmp_path / "network.keras")
    restored = keras.models.load_model(tmp_path / "network.keras")
    for flow, again in zip(flows, restored(images[:1], images[1:]), strict=True):
        np.testing.assert_allclose(flow, again, atol=1e-6)


def test_before_training_learned_upsampling_equals_bilinear():
    plain, enlarging = MobileFlowNet(), MobileFlowNet(upsampling="learned")
    images = random(2, 64, 128, 3, seed=3)
    for network in (plain, enlarging):
        network(images[:1], images[1:])
    for weight, value in zip(enlarging.weights, plain.weights, strict=False):
        weight.assign(value)
    enlarging.enlarge.scores.kernel.assign(0 * enlarging.enlarge.scores.kernel)
    expected = optical_flow.resize_flow(plain(images[:1], images[1:])[0], 64, 128)
    flow = enlarging(images[:1], images[1:])[0]
    assert float(np.abs(flow - expected).mean()) < 0.02 * float(np.abs(expected).mean())
