import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.losses.photometric import census, ssim_l1


def _slow_census(first, second, valid, radius):
    """The formula, pixel by pixel."""
    grey = [255 * image @ np.array([0.2989, 0.587, 0.114]) for image in (first, second)]
    height, width = grey[0].shape
    total = 0.0
    for y in range(radius, height - radius):
        for x in range(radius, width - radius):
            distance = 0.0
            for dy in range(-radius, radius + 1):
                for dx in range(-radius, radius + 1):
                    d = [g[y + dy, x + dx] - g[y, x] for g in grey]
                    t = [v / np.sqrt(0.81 + v * v) for v in d]
                    gap = (t[0] - t[1]) ** 2
                    distance += gap / (0.1 + gap)
            total += valid[y, x] * (distance**2 + 1e-6) ** 0.45
    return total / (height * width)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).uniform(size=[2, 2, 6, 8, 3]).astype("float32")


@pytest.mark.parametrize("radius", [1, 2])
def test_equals_the_formula_pixel_by_pixel(pictures, radius):
    first, second = pictures
    valid = np.random.default_rng(1).integers(0, 2, [2, 6, 8, 1]).astype("float32")
    expected = [_slow_census(first[i], second[i], valid[i, ..., 0], radius) for i in range(2)]
    np.testing.assert_allclose(census(first, second, valid, radius), expected, rtol=1e-4)


def test_a_hand_worked_pixel():
    # One bright neighbour: t1 = 2.55 / sqrt(0.81 + 2.55^2) = 0.9430, t2 = 0, inner pixel 1 of 9.
    first = np.zeros([1, 3, 3, 3], "float32")
    first[0, 0, 0] = 0.01 / 0.9999
    gap = 0.9430**2
    expected = ((gap / (0.1 + gap)) ** 2 + 1e-6) ** 0.45 / 9
    np.testing.assert_allclose(
        census(first, np.zeros_like(first), np.ones([1, 3, 3, 1]), 1), [expected], rtol=1e-3
    )


def test_brightness_does_not_matter(pictures):
    first, _ = pictures
    valid = np.ones([2, 6, 8, 1], "float32")
    same = census(first, first, valid, 1)
    np.testing.assert_allclose(census(first, first + 0.1, valid, 1), same, atol=1e-3)


def test_gradient_is_finite_for_equal_pictures(pictures):
    picture = tf.constant(pictures[0])
    with tf.GradientTape() as tape:
        tape.watch(picture)
        loss = tf.reduce_sum(census(picture, pictures[0], np.ones([2, 6, 8, 1], "f"), 1))
    assert np.isfinite(tape.gradient(loss, picture)).all()


def test_ssim_l1_of_flat_pictures_by_hand():
    first, second = np.full([1, 3, 3, 3], 0.2, "f"), np.full([1, 3, 3, 3], 0.6, "f")
    ssim_part = 0.5 - 0.5 * (0.24 + 1e-4) / (0.4 + 1e-4)
    for share in (0.85, 0.0):
        error = ssim_l1(first, second, share)
        assert error.shape == (1, 3, 3, 1)
        np.testing.assert_allclose(error, share * ssim_part + (1 - share) * 0.4, rtol=1e-3)
