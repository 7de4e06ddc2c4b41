"""The form in which phones' GPUs take the flow network computes what the plain form does."""

from pathlib import Path

import numpy as np
from keras import ops

from dfnet_tf.geometry import sampling
from dfnet_tf.networks import flow_net
from dfnet_tf.training import checkpoints

MOBILE = Path(__file__).parents[2] / "pretrained" / "mobile"


def plain_sample(images, pixels):
    """Bilinear sampling by an index of three axes."""
    height, width, channels = images.shape[1:]
    left, right, fraction_x = sampling._neighbours(pixels[..., 0], width)
    upper, lower, fraction_y = sampling._neighbours(pixels[..., 1], height)
    flat = ops.reshape(images, (-1, channels))
    first = ops.arange(images.shape[0])[:, None, None] * (height * width)

    def read(y, x):
        return ops.take(flat, first + y * width + x, axis=0)

    fraction_x, fraction_y = fraction_x[..., None], fraction_y[..., None]
    above = (1 - fraction_x) * read(upper, left) + fraction_x * read(upper, right)
    below = (1 - fraction_x) * read(lower, left) + fraction_x * read(lower, right)
    return (1 - fraction_y) * above + fraction_y * below


def plain_standardise(features):
    return ops.layer_normalization(features, axis=(1, 2))


def test_published_weights_give_the_same_flow(monkeypatch):
    model = checkpoints.load_trained(MOBILE, ("flow_net",))
    first, second = (np.random.default_rng(i).random([2, 64, 128, 3], "float32") for i in (0, 1))
    received = model.flow_net(first, second)
    monkeypatch.setattr(sampling, "bilinear_sample", plain_sample)
    monkeypatch.setattr(flow_net, "standardise", plain_standardise)
    assert np.abs(received[0]).mean() > 0.1
    for flow, expected in zip(received, model.flow_net(first, second), strict=True):
        np.testing.assert_allclose(flow, expected, atol=1e-5, rtol=1e-5)
