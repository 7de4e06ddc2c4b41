import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import camera, sampling


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(size=[2, 5, 7, 3]).astype("float32")


def test_reading_every_centre_returns_the_image_to_the_last_column_and_row(image):
    pixels = np.repeat(np.array(camera.pixel_grid(5, 7))[None], 2, axis=0)
    np.testing.assert_array_equal(sampling.bilinear_sample(image, pixels), image)


def test_between_four_centres_the_mean_is_read(image):
    read = sampling.bilinear_sample(image, np.full([2, 1, 1, 2], 2.5, "float32"))
    np.testing.assert_allclose(read[:, 0, 0], image[:, 2:4, 2:4].mean((1, 2)), rtol=1e-5)


def test_beyond_the_border_the_border_is_held(image):
    pixels = np.array([[[[-9.0, 2.0], [1e9, 4.0]]]] * 2, "float32")
    read = sampling.bilinear_sample(image, pixels)
    np.testing.assert_allclose(read[:, 0], np.stack([image[:, 2, 0], image[:, 4, 6]], 1))


def test_gradient_by_the_pixel_is_the_slope_of_the_image():
    ramp = np.broadcast_to(3.0 * np.arange(6, dtype="float32")[:, None], [1, 4, 6, 1])
    pixels = tf.constant([[[[2.3, 1.6]]]])
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        read = sampling.bilinear_sample(ramp, pixels)
    np.testing.assert_allclose(tape.gradient(read, pixels)[0, 0, 0], [3.0, 0.0], atol=1e-5)


def test_nan_pixels_read_nan_and_not_beyond_the_image(image):
    read = sampling.bilinear_sample(image, np.full([2, 1, 1, 2], np.nan, "float32"))
    assert np.isnan(read).all()


def test_positions_stay_exact_for_bfloat16_images():
    ramp = tf.cast(np.broadcast_to(np.arange(600.0)[:, None] % 7, [1, 2, 600, 1]), "bfloat16")
    read = sampling.bilinear_sample(ramp, tf.constant([[[[511.0, 0.0]]]]))
    assert float(read[0, 0, 0, 0]) == 511 % 7
