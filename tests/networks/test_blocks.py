import keras
import numpy as np
import pytest
from keras import ops

from dfnet_tf.networks import blocks


def features(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_a_convolution_keeps_the_size_or_divides_it_by_its_stride():
    assert blocks.conv(5)(features(1, 6, 8, 2)).shape == (1, 6, 8, 5)
    assert blocks.conv(5, 7, 2)(features(1, 6, 8, 2)).shape == (1, 3, 4, 5)
    assert blocks.head(2)(features(1, 6, 8, 4)).shape == (1, 6, 8, 2)


def test_an_output_is_float32_whatever_the_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert blocks.conv(2)(features(1, 4, 4, 2)).dtype == "bfloat16"
    assert blocks.head(2)(features(1, 4, 4, 2)).dtype == "float32"


def test_a_narrow_network_has_so_many_times_the_filters_and_at_least_one():
    assert blocks.narrowed((64, 10, 1), 0.25) == (16, 2, 1)
    assert blocks.narrowed((64, 10), 2.0) == (128, 20)


def test_hand_worked_scalings():
    np.testing.assert_allclose(blocks.centred(np.float32([0, 0.5, 1])), [-1, 0, 1])
    np.testing.assert_allclose(blocks.leaky_relu(np.float32([-2, 3])), [-0.2, 3], rtol=1e-6)


def test_each_channel_of_each_image_is_standardised_alone():
    maps = features(2, 8, 12, 3) * np.float32([1, 10, 100]) + np.float32([0, 5, -7])
    maps[1] = 3 * maps[1] + 1
    standard = np.array(blocks.standardise(maps))
    np.testing.assert_allclose(standard.mean(axis=(1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(standard.var(axis=(1, 2)), 1, atol=2e-3)
    # All pixels of a channel change equally, so its pattern stays.
    pattern = (maps - maps.mean(axis=(1, 2), keepdims=True)) / maps.std(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(standard, pattern, atol=5e-3)


def test_small_features_are_standardised_as_by_the_plain_formula():
    maps = 1e-4 * features(2, 8, 12, 3)  # Their variance is below epsilon.
    plain = ops.layer_normalization(maps, axis=(1, 2))
    np.testing.assert_allclose(blocks.standardise(maps), plain, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("size", [(36, 64), (64, 36)])
def test_each_side_must_divide(size):
    blocks.check_size((64, 96), 32)
    with pytest.raises(ValueError, match=f"multiples of 32. Received: {size[0]} x {size[1]}"):
        blocks.check_size(size, 32)


def test_upsampled_every_pixel_is_four():
    maps = features(2, 3, 5, 2)
    doubled = np.array(blocks.upsample(maps))
    np.testing.assert_array_equal(doubled, maps.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_array_equal(blocks.resize_nearest(maps, 3, 5), maps)
    np.testing.assert_array_equal(blocks.resize_nearest(maps, 3, 10), maps.repeat(2, axis=2))
