"""Properties of crops and resizes, and of the updated intrinsics."""

import numpy as np
import pytest

from dfnet_tf.data.preparation.framing import central_view
from dfnet_tf.geometry import camera

INTRINSICS = np.array([[80.0, 0, 52.5], [0, 75.0, 31.0], [0, 0, 1]])


def dot(size, row, column):
    image = np.zeros((*size, 3), np.uint8)
    image[row, column] = 255
    return image


def centre_of_light(picture):
    rows, columns = np.indices(picture.shape[:2])
    light = picture[..., 0] / picture[..., 0].sum()
    return (columns * light).sum(), (rows * light).sum()


@pytest.mark.parametrize(("height", "width"), [(40, 100), (60, 60), (30, 50), (20, 20), (180, 300)])
def test_the_intrinsics_move_as_the_pixels_do(height, width):
    view = central_view((60, 100), height, width)
    for row, column in ((30, 50), (25, 42), (33, 57)):
        ray = np.linalg.inv(INTRINSICS) @ [column, row, 1]
        x, y, _ = view.intrinsics(INTRINSICS) @ ray
        picture = view.picture(dot((60, 100), row, column))
        np.testing.assert_allclose(centre_of_light(picture), (x, y), atol=0.5 * max(1, width / 100))


@pytest.mark.parametrize(("height", "width"), [(None, None), (30, None), (None, 73), (33, 41)])
def test_the_intrinsics_are_those_of_the_networks_geometry(height, width):
    view = central_view((60, 100), height, width, kept_rows=0.8)
    shift = -view.columns.start, -view.rows.start
    columns, rows = view.columns.stop - view.columns.start, view.rows.stop - view.rows.start
    cropped = camera.move_intrinsics(INTRINSICS, (1, 1), shift)
    expected = camera.scale_intrinsics(cropped, view.width / columns, view.height / rows)
    np.testing.assert_allclose(view.intrinsics(INTRINSICS), expected, rtol=1e-6)


def test_half_the_size_worked_by_hand():
    moved = central_view((60, 100), width=50).intrinsics(INTRINSICS)
    np.testing.assert_allclose(moved, [[40, 0, 26], [0, 37.5, 15.25], [0, 0, 1]])


def test_without_a_size_nothing_changes():
    view = central_view((60, 101))
    image = np.random.default_rng(0).integers(0, 255, (60, 101, 3), np.uint8)
    np.testing.assert_array_equal(view.picture(image), image)
    np.testing.assert_array_equal(view.intrinsics(INTRINSICS), INTRINSICS)


def test_the_part_has_the_aspect_asked_for_and_lies_in_the_centre():
    view = central_view((60, 100), 20, 20)
    assert (view.rows, view.columns) == (slice(0, 60), slice(20, 80))
    view = central_view((60, 100), 20, 50)
    assert (view.rows, view.columns) == (slice(10, 50), slice(0, 100))


def test_rows_that_do_not_show_the_world_are_cut_off_before():
    view = central_view((80, 100), 20, 50, kept_rows=0.75)
    assert view.rows == slice(10, 50)
    whole = central_view((80, 100), kept_rows=0.75)
    assert (whole.rows, whole.height, whole.width) == (slice(0, 60), 60, 100)
    np.testing.assert_array_equal(whole.intrinsics(INTRINSICS), INTRINSICS)


def test_depth_is_cropped_in_its_own_pixels_and_never_mixed():
    depth = np.where(np.indices((120, 300))[1] < 60, 3.0, 50.0)  # 3 m in the left fifth.
    depth[:20] = 0  # The rows outside the crop.
    view = central_view((60, 100), 20, 50)  # Rows 10 to 50 of 60.
    part = view.depth(depth)
    np.testing.assert_array_equal(part, depth[20:100])
    assert set(np.unique(part)) == {3.0, 50.0}
    tiny = central_view((60, 100), 60, 20).depth(np.array([[1.0, 2.0]]))
    assert tiny.size == 1
