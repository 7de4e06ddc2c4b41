import numpy as np
import pytest
from keras import ops

from dfnet_tf.networks import encoders


def images(height, width):
    """Smooth images in [-1, 1]; white noise would average out in the first layer."""
    noise = np.random.default_rng(0).uniform(-1, 1, [1, height // 8, width // 8, 3])
    return ops.image.resize(noise.astype("float32"), (height, width))


@pytest.mark.parametrize(
    ("encoder", "sizes", "channels"),
    [
        (encoders.ConvEncoder, (32, 16, 8, 4, 2), (16, 24, 32, 48, 64)),
        (encoders.EfficientNetLite0, (32, 16, 8, 4, 2), (16, 24, 40, 112, 320)),
    ],
)
def test_features_halve_from_level_to_level(encoder, sizes, channels):
    features = encoder()(images(64, 128))
    expected = [(1, size, 2 * size, c) for size, c in zip(sizes, channels, strict=True)]
    assert [tuple(f.shape) for f in features] == expected


@pytest.mark.parametrize("encoder", [encoders.ConvEncoder, encoders.EfficientNetLite0])
def test_activations_neither_vanish_nor_explode_without_batch_norm(encoder):
    for feature in encoder()(images(64, 128)):
        assert 0.1 < float(ops.std(feature)) < 3.0


def test_efficientnet_lite0_has_the_weights_of_the_original():
    encoder = encoders.EfficientNetLite0()
    encoder(images(32, 32))
    convolutions = sum(int(np.prod(w.shape)) for w in encoder.weights if len(w.shape) == 4)
    channels = sum(w.shape[0] for w in encoder.weights if len(w.shape) == 1)
    head = 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000  # Convolution, batch norm, classifier.
    published = 4_652_008  # It counts a batch norm's scale and shift instead of each of our biases.
    assert convolutions + 2 * channels + head == published


@pytest.mark.parametrize(
    ("encoder", "count"), [(encoders.ConvEncoder, 126_944), (encoders.ResNet50Elu, 38_041_728)]
)
def test_the_number_of_weights_of_encoders_does_not_change(encoder, count):
    encoder = encoder()
    encoder(images(64, 64))
    assert encoder.count_params() == count


def test_resnet_strides_in_the_last_unit_of_each_group():
    encoder = encoders.ResNet50Elu()
    strides = [[unit.filter.strides[0] for unit in group.layers] for group in encoder.groups]
    assert strides == [[1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 1, 1, 2], [1, 1, 2]]


def test_depthwise_weights_are_scaled_by_the_pixels_they_sum():
    layer = encoders.depthwise(5, 1)
    layer.build([None, 8, 8, 512])
    assert float(ops.std(layer.kernel)) == pytest.approx(np.sqrt(2 / 25), rel=0.05)
