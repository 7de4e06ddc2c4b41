"""Laser scans and the depth maps made from them."""

import itertools

import numpy as np
import pytest
from kitti_tree import OFFSET, SLIGHT, VELODYNE_AXES, VELODYNE_PLACE, projection, velodyne_points

from dfnet_tf.data.truth import velodyne

SIZE = (30, 50)
INTRINSICS = np.array([[40.0, 0, 24.5], [0, 40.0, 14.5], [0, 0, 1]])
AXES_ALONE = np.eye(4)
AXES_ALONE[:3, :3] = VELODYNE_AXES


def camera_from_velodyne():
    """[I | t] [R_rect_00] [R | T], of camera 2 in tests/kitti_tree.py."""
    shift, rectify, rigid = np.eye(4), np.eye(4), np.eye(4)
    shift[0, 3] = OFFSET[2]
    rectify[:3, :3] = SLIGHT
    rigid[:3, :3], rigid[:3, 3] = VELODYNE_AXES, VELODYNE_PLACE
    return shift @ rectify @ rigid


def devkit_depth_map(points, size):
    """For one point: (u, v, 1) ~ P_rect_02 R_rect_00 [R | T] (x, y, z, 1)."""
    rigid = np.hstack([VELODYNE_AXES, VELODYNE_PLACE[:, None]])
    to_pixels = projection(INTRINSICS, OFFSET[2]) @ np.vstack(
        [np.hstack([SLIGHT @ rigid[:, :3], SLIGHT @ rigid[:, 3:]]), [0, 0, 0, 1]]
    )
    depth = np.zeros(size, np.float32)
    for x, y, z, _ in points:
        u, v, w = to_pixels @ (x, y, z, 1)
        if x < 0 or w <= 0:
            continue
        column, row = round(u / w) - 1, round(v / w) - 1
        if 0 <= row < size[0] and 0 <= column < size[1]:
            before = depth[row, column]
            depth[row, column] = x if before == 0 else min(before, x)
    return depth


def scan(rng, num_points):
    """Points in all directions, most of them ahead."""
    points = rng.uniform((-10, -15, -8, 0), (60, 15, 8, 1), [num_points, 4])
    return points.astype(np.float32)


def in_front(x, y, depth):
    """A scan with one point that AXES_ALONE sees at (x, y) of INTRINSICS."""
    right, down = (x - 24.5) / 40 * depth, (y - 14.5) / 40 * depth
    return np.array([[depth, -right, -down, 0.5]])


def test_a_scan_projects_as_the_devkit_says():
    points = scan(np.random.default_rng(0), 4000)
    ours = velodyne.depth_map(points, INTRINSICS, camera_from_velodyne(), SIZE)
    np.testing.assert_array_equal(ours, devkit_depth_map(points, SIZE))
    assert ours.dtype == np.float32
    assert 0.3 < (ours > 0).mean() < 1.0  # Some pixels were hit once, some repeatedly, some never.


def test_pixels_are_rounded_and_counted_from_one():
    depth = velodyne.depth_map(in_front(10.4, 20.6, 8.0), INTRINSICS, AXES_ALONE, SIZE)
    assert np.argwhere(depth).tolist() == [[20, 9]]  # Row 21 - 1, column 10 - 1.
    assert depth[20, 9] == 8.0


def test_the_depth_is_the_distance_ahead_of_the_scanner():
    camera_ahead = AXES_ALONE.copy()
    camera_ahead[2, 3] = -0.27
    depth = velodyne.depth_map(np.array([[8.0, 0, 0, 0.5]]), INTRINSICS, camera_ahead, SIZE)
    assert depth.max() == 8.0


@pytest.mark.parametrize("order", itertools.permutations((12.0, 5.0, 9.0)))
def test_the_nearest_of_several_points_on_a_pixel_counts(order):
    points = np.vstack([in_front(10, 20, distance) for distance in order])
    depth = velodyne.depth_map(points, INTRINSICS, AXES_ALONE, SIZE)
    assert depth[19, 9] == 5.0
    assert np.count_nonzero(depth) == 1


def test_points_behind_and_beside_the_image_are_dropped():
    camera_ahead = AXES_ALONE.copy()
    camera_ahead[2, 3] = -0.27
    behind_scanner = -in_front(10, 20, 5.0)
    behind_camera = np.array([[0.1, 0.0, 0.0, 0.5]])
    points = np.vstack([behind_scanner, behind_camera])
    assert not velodyne.depth_map(points, INTRINSICS, camera_ahead, SIZE).any()
    camera_behind = AXES_ALONE.copy()
    camera_behind[2, 3] = 9.0  # The point behind the scanner is in its view.
    assert not velodyne.depth_map(behind_scanner, INTRINSICS, camera_behind, SIZE).any()
    first, last = in_front(1, 1, 5.0), in_front(50, 30, 6.0)  # The corner pixels.
    beside = [in_front(x, y, 5.0) for x, y in [(0, 5), (51, 5), (5, 0), (5, 31)]]
    depth = velodyne.depth_map(np.vstack([first, last, *beside]), INTRINSICS, AXES_ALONE, SIZE)
    assert np.argwhere(depth).tolist() == [[0, 0], [29, 49]]


def test_a_scanned_depth_map_comes_back():
    """Every pixel's point, scanned with all of camera 2's offsets, one pixel up and left."""
    true = np.random.default_rng(0).uniform(4, 40, SIZE)
    points = velodyne_points(true, INTRINSICS).astype(np.float32)
    depth = velodyne.depth_map(points, INTRINSICS, camera_from_velodyne(), SIZE)
    assert not depth[-1].any() and not depth[:, -1].any()
    ahead = points[:, 0].reshape(SIZE)
    np.testing.assert_array_equal(depth[:-1, :-1], ahead[1:, 1:])
    np.testing.assert_allclose(ahead, true, atol=2.0)  # 0.27 m, and the slight rotation.


def test_points_are_read_as_written(tmp_path):
    points = scan(np.random.default_rng(0), 100)
    (tmp_path / "a.bin").write_bytes(points.astype("<f4").tobytes())
    np.testing.assert_array_equal(velodyne.read_points(tmp_path / "a.bin"), points)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file"),
        (b"", "0 bytes"),
        (bytes(33), "33 bytes"),
        (np.full([2, 4], np.nan, "<f4").tobytes(), "finite"),
    ],
)
def test_a_damaged_scan_is_refused(tmp_path, content, expected):
    path = tmp_path / "a.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f"a.bin: expected .*{expected}"):
        velodyne.read_points(path)
