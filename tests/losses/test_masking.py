import numpy as np
import tensorflow as tf

from dfnet_tf.losses.masking import masked_mean


def test_channels_are_summed_and_valid_pixels_averaged_per_sample():
    values = np.array([[[[1.0, 2.0], [5.0, 5.0]]], [[[4.0, 0.0], [2.0, 0.0]]]], "float32")
    valid = np.array([[[[1.0], [0.0]]], [[[1.0], [1.0]]]], "float32")
    np.testing.assert_allclose(masked_mean(values, valid), [3.0 / 1.001, 6.0 / 2.001], rtol=1e-6)


def test_nothing_valid_gives_zero():
    nothing = np.zeros([1, 2, 2, 1], "float32")
    np.testing.assert_array_equal(masked_mean(np.ones([1, 2, 2, 1], "float32"), nothing), [0.0])


def test_invalid_nan_reaches_neither_value_nor_gradient():
    values = tf.constant([[[[1.0], [np.nan]]]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        mean = masked_mean(values, tf.constant([[[[1.0], [0.0]]]]))
    assert np.isfinite(mean).all()
    np.testing.assert_allclose(tape.gradient(mean, values)[0, 0, :, 0], [1 / 1.001, 0])
