"""Intrinsics in another unit or for another image size are detected."""

import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.files.intrinsics_files import checked_intrinsics, doubt

SIZE = 96, 160
TRUE = np.array([[138.56, 0, 79.5], [0, 138.56, 47.5], [0, 0, 1]])


def scaled(matrix, scale_x, scale_y):
    """Intrinsics after resizing the image, with half-pixel centres."""
    moved = np.diag([scale_x, scale_y, 1.0]) @ matrix
    moved[0, 2] += (scale_x - 1) / 2
    moved[1, 2] += (scale_y - 1) / 2
    return moved


def test_what_was_written_is_read_for_its_own_size_alone(tmp_path):
    path = tmp_path / "k.txt"
    intrinsics_files.write_intrinsics(path, TRUE, SIZE, "learned")
    np.testing.assert_allclose(intrinsics_files.read_intrinsics(path, SIZE), TRUE, rtol=1e-6)
    assert path.read_text().startswith(
        "# learned\n# for images of 160x96 (width x height)\n138.56 "
    )
    with pytest.raises(ClipError, match="images of 1920x1080 .* Received: some for 160x96"):
        intrinsics_files.read_intrinsics(path, (1080, 1920))


def test_nine_numbers_in_a_line_are_a_matrix(tmp_path):
    (tmp_path / "cam.txt").write_text("138.56 0 79.5 0 138.56 47.5 0 0 1")
    np.testing.assert_array_equal(intrinsics_files.read_matrix(tmp_path / "cam.txt"), TRUE)
    (tmp_path / "cam.txt").write_text("1 2 3 4 5 6 7 8 9 10 11 12")
    with pytest.raises(ClipError, match="expected 3x3 numbers. Received: 1 2 3 4 5 6"):
        intrinsics_files.read_matrix(tmp_path / "cam.txt")


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (
            [[0.866, 0, 0.5], [0, 1.443, 0.5], [0, 0, 1]],
            "multiply the first row by 160",
        ),
        ([[4.2, 0, 2.4], [0, 4.2, 1.4], [0, 0, 1]], "millimetres"),
    ],
)
def test_other_units_than_pixels_are_refused(matrix, expected):
    with pytest.raises(ClipError, match=f"k: .* in pixels of the 160x96 .* {expected}"):
        checked_intrinsics(matrix, SIZE, "k")


@pytest.mark.parametrize("scale", [1 / 3, 0.5, 0.6, 1.4, 1.9])
def test_intrinsics_of_another_size_are_doubtful(scale):
    matrix = checked_intrinsics(scaled(TRUE, scale, scale), SIZE, "k")
    assert "may be for another image size" in doubt(matrix, SIZE)


def test_what_cameras_are_like_is_not_doubted():
    assert doubt(TRUE, SIZE) == ""
    kitti = [[721.5, 0, 609.6], [0, 721.5, 172.9], [0, 0, 1]]
    assert doubt(kitti, (375, 1242)) == ""
    cityscapes_above_the_bonnet = [[2262.5, 0, 1096.9], [0, 2265.3, 513.1], [0, 0, 1]]
    assert doubt(cityscapes_above_the_bonnet, (768, 2048)) == ""


@pytest.mark.parametrize(("fx", "fy", "said"), [(30, 30, "139 x 116"), (4000, 4000, "2 x 1")])
def test_views_that_no_usual_lens_has_are_doubtful(fx, fy, said):
    assert f"a view of {said} degrees" in doubt([[fx, 0, 79.5], [0, fy, 47.5], [0, 0, 1]], SIZE)


def test_focal_lengths_of_two_units_are_doubtful():
    assert "differ much" in doubt([[138, 0, 79.5], [0, 60, 47.5], [0, 0, 1]], SIZE)
