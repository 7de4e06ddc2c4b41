import numpy as np

from dfnet_tf.geometry import visibility


def _flow(u, height=4, width=6):
    return np.broadcast_to(np.array([u, 0.0], "float32"), [1, height, width, 2])


def test_the_last_column_and_row_are_in_the_image():
    pixels = np.array([[5.0, 3.0], [0.0, 0.0], [5.01, 0.0], [0.0, -0.01]], "float32")
    np.testing.assert_array_equal(visibility.in_image(pixels, 4, 6)[:, 0], [1, 1, 0, 0])


def test_what_flows_out_of_the_image_is_not_visible():
    flow = _flow(2.0).copy()
    flow[:, 3, :, 1] = 1.0  # The last row moves down.
    expected = np.zeros([1, 4, 6, 1])
    expected[:, :3, :4] = 1
    np.testing.assert_array_equal(visibility.visible(flow, -flow), expected)


def test_a_return_that_misses_by_more_than_the_bound_is_hidden():
    # |F + F'|^2 against 0.01 * (4 + |F'|^2) + 0.5, whose root is near 0.76 px.
    assert np.array(visibility.visible(_flow(2.0), _flow(-1.27)))[0, 0, 0, 0] == 1
    assert np.array(visibility.visible(_flow(2.0), _flow(-1.22)))[0, 0, 0, 0] == 0
