import numpy as np

from dfnet_tf.losses.ssim import ssim_distance


def test_hand_worked_flat_windows():
    # No contrast: SSIM = (2 a b + 1e-4) / (a^2 + b^2 + 1e-4).
    first, second = np.full([1, 4, 5, 3], 0.2, "float32"), np.full([1, 4, 5, 3], 0.6, "float32")
    expected = 0.5 - 0.5 * (0.24 + 1e-4) / (0.4 + 1e-4)
    np.testing.assert_allclose(ssim_distance(first, second), expected, rtol=1e-3)


def test_a_negative_image_has_the_largest_distance():
    y, x = np.mgrid[:6, :8]
    board = ((x + y) % 2).astype("float32")[None, ..., None]
    assert np.min(ssim_distance(board, 1 - board)[:, 1:-1, 1:-1]) > 0.9
    np.testing.assert_array_equal(ssim_distance(board, board), 0)


def test_equals_the_formula_window_by_window():
    first, second = np.random.default_rng(0).uniform(size=[2, 1, 5, 6, 1])
    padded = [np.pad(m[0, ..., 0], 1, mode="reflect") for m in (first, second)]
    expected = np.empty([5, 6])
    for i in range(5):
        for j in range(6):
            a, b = (m[i : i + 3, j : j + 3].ravel() for m in padded)
            covariance = np.mean(a * b) - a.mean() * b.mean()
            alike = (2 * a.mean() * b.mean() + 1e-4) * (2 * covariance + 9e-4)
            size = (a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (a.var() + b.var() + 9e-4)
            expected[i, j] = (1 - alike / size) / 2
    distance = ssim_distance(*(m.astype("float32") for m in (first, second)))
    np.testing.assert_allclose(distance[0, ..., 0], expected, atol=1e-5)


def test_order_does_not_matter():
    one, two = np.random.default_rng(1).uniform(size=[2, 1, 5, 6, 3]).astype("float32")
    np.testing.assert_allclose(ssim_distance(one, two), ssim_distance(two, one), atol=1e-6)
