import numpy as np

from dfnet_tf.losses import smoothness


def test_a_step_of_disparity_counts_less_where_the_picture_has_an_edge():
    disparity = np.array([[[[1.0], [3.0]], [[1.0], [3.0]]]], "float32")
    flat = np.full([1, 2, 2, 3], 0.5, "float32")
    edge = flat.copy()
    edge[:, :, 1] += 0.7
    np.testing.assert_allclose(smoothness.edge_aware_smoothness(disparity, flat), [2.0])
    np.testing.assert_allclose(
        smoothness.edge_aware_smoothness(disparity, edge), [2 * np.exp(-0.7)], rtol=1e-6
    )


def test_a_linear_flow_is_smooth_to_second_order():
    y, x = np.mgrid[:5, :6].astype("float32")
    linear = np.stack([2 * x - y, x + 3 * y], -1)[None]
    np.testing.assert_allclose(smoothness.second_order_smoothness(linear), [0.0], atol=1e-6)


def test_hand_worked_second_differences():
    y, x = np.mgrid[:5, :6].astype("float32")
    # u = x^2: xx = 2, v = x y: xy = yx = 1; each mean is over both components.
    curved = np.stack([x * x, x * y], -1)[None]
    np.testing.assert_allclose(smoothness.second_order_smoothness(curved), [1 + 0.5 + 0.5])


def test_normalised_smoothness_is_that_of_the_disparity_in_units_of_its_mean():
    disparity = np.array([[[[1.0], [3.0]], [[1.0], [3.0]]]], "float32")
    flat = np.full([1, 2, 2, 3], 0.5, "float32")
    for unit in (1.0, 0.01):
        np.testing.assert_allclose(
            smoothness.normalised_smoothness(unit * disparity, flat), [1.0], rtol=1e-4
        )


def test_each_picture_is_smooth_in_units_of_its_own_mean():
    random = np.random.default_rng(0)
    disparities = random.uniform(0.5, 1.0, [2, 5, 7, 1]) * [[[[1]]], [[[9]]]]
    disparities = disparities.astype("float32")
    pictures = random.uniform(size=[2, 5, 7, 3]).astype("float32")
    alone = [smoothness.normalised_smoothness(disparities[[i]], pictures[[i]])[0] for i in range(2)]
    together = smoothness.normalised_smoothness(disparities, pictures)
    np.testing.assert_allclose(together, alone, rtol=1e-5)


def test_a_bend_of_flow_counts_less_where_the_picture_has_an_edge():
    flow = np.zeros([1, 3, 3, 2], "float32")
    flow[:, :, 1, 0] = 1.0  # u = 0 1 0 along x: one second difference of -2 in every row; v = 0.
    flat = np.full([1, 3, 3, 3], 0.5, "float32")
    edge = flat.copy()
    edge[:, :, 2] += 0.01  # exp(-150 * 0.01) between the pixels on either side.
    still = 0.001 / 2  # The robust L1 at 0: half of the mean in x is that of v, all in y.
    for images, factor in ((flat, 1.0), (edge, np.exp(-1.5))):
        expected = 0.5 * factor * (2.0 + 0.001) / 2 + still
        np.testing.assert_allclose(
            smoothness.edge_aware_flow_smoothness(flow, images), [expected], rtol=1e-4
        )
