import numpy as np
import pytest

from dfnet_tf.geometry import camera

INTRINSICS = np.array([[[50.0, 0, 3.0], [0, 40.0, 2.0], [0, 0, 1]]], "float32")


def test_projecting_a_backprojected_depth_returns_every_pixel():
    depth = np.random.default_rng(0).uniform(0.5, 80.0, [1, 4, 6, 1]).astype("float32")
    pixels = camera.project(camera.backproject(depth, INTRINSICS), INTRINSICS)
    np.testing.assert_allclose(pixels, camera.pixel_grid(4, 6)[None], atol=1e-3)


def test_a_hand_worked_point():
    # (x, y) = (5, 4) is 2 px right of and 2 px below the centre: X = 10 * 2 / 50, Y = 10 * 2 / 40.
    points = camera.backproject(np.full([1, 5, 6, 1], 10.0, "float32"), INTRINSICS)
    np.testing.assert_allclose(points[0, 4, 5], [0.4, 0.5, 10.0], rtol=1e-6)


def test_points_behind_the_camera_project_to_finite_pixels():
    points = np.array([[[[1.0, 1.0, -5.0], [0.0, 0.0, 0.0]]]], "float32")
    assert np.isfinite(camera.project(points, INTRINSICS)).all()


@pytest.mark.parametrize(("scale_x", "scale_y"), [(0.5, 0.5), (2.0, 0.25), (0.5, 3.0)])
def test_scaled_intrinsics_see_the_same_ray_through_the_same_place(scale_x, scale_y):
    scaled = camera.scale_intrinsics(INTRINSICS, scale_x, scale_y)
    ray = np.linalg.inv(INTRINSICS[0]) @ [4.0, 1.0, 1.0]
    scaled_pixel = [(4.0 + 0.5) * scale_x - 0.5, (1.0 + 0.5) * scale_y - 0.5, 1.0]
    np.testing.assert_allclose(np.linalg.inv(scaled[0]) @ scaled_pixel, ray, rtol=1e-5)


def test_a_resize_scales_x_by_the_widths_and_y_by_the_heights():
    resized = camera.resized_intrinsics(INTRINSICS, (4, 6), (8, 30))
    np.testing.assert_allclose(resized[0], [[250, 0, 17], [0, 80, 4.5], [0, 0, 1]])


def test_halving_moves_the_centre_by_half_a_pixel():
    small = camera.scale_intrinsics(INTRINSICS, 0.5, 0.5)
    np.testing.assert_allclose(small[0, :2, 2], [(3 + 0.5) / 2 - 0.5, (2 + 0.5) / 2 - 0.5])


def test_intrinsics_move_as_the_pixels_do():
    new_from_old = np.array(
        [[[2, 0, -3], [0, 0.5, 1], [0, 0, 1]], [[1, 0, 4], [0, 3, 0], [0, 0, 1]]], "float32"
    )
    both = np.repeat(INTRINSICS, 2, axis=0) * np.array([[[1]], [[0.9]]], "float32")
    both[:, 2, 2] = 1
    moved = camera.intrinsics_after(new_from_old, both)
    np.testing.assert_allclose(moved, new_from_old @ both, rtol=1e-6)
    again = camera.move_intrinsics(both[0], scale=(2, 0.5), shift=(-3, 1))
    np.testing.assert_allclose(again, moved[0], rtol=1e-6)


def test_a_mirrored_picture_has_the_centre_mirrored_and_a_positive_focal_length():
    mirror = np.array([[[-1, 0, 9], [0, 1, 0], [0, 0, 1]]], "float32")  # 10 pixels wide.
    moved = camera.intrinsics_after(mirror, INTRINSICS)
    np.testing.assert_allclose(moved[0], [[50, 0, 6], [0, 40, 2], [0, 0, 1]])
