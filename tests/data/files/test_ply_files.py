"""Point clouds, read back according to the format's definition."""

import struct

import numpy as np
import pytest

from dfnet_tf.data.files import ply_files

POINTS = np.array([[1.5, -2, 3], [0, 0.25, 1e3]])
COLOURS = np.array([[255, 0, 7], [1, 2, 3]], "uint8")


def test_a_viewer_finds_every_point_and_its_colour(tmp_path):
    path = tmp_path / "cloud.ply"
    ply_files.write_ply(path, POINTS, COLOURS, "made by a test")
    header, _, body = path.read_bytes().partition(b"end_header\n")
    lines = header.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    assert "comment made by a test" in lines
    assert [line.split()[1:] for line in lines[3:]] == [
        ["vertex", "2"],
        *(["float", axis] for axis in "xyz"),
        *(["uchar", colour] for colour in ("red", "green", "blue")),
    ]
    assert list(struct.iter_unpack("<3f3B", body)) == [
        (1.5, -2, 3, 255, 0, 7),
        (0, 0.25, 1000, 1, 2, 3),
    ]


def test_a_cloud_may_be_empty(tmp_path):
    ply_files.write_ply(tmp_path / "cloud.ply", POINTS[:0], COLOURS[:0], "nothing")
    assert b"element vertex 0\n" in (tmp_path / "cloud.ply").read_bytes()


def test_a_point_at_infinity_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cloud.ply: expected finite points"):
        ply_files.write_ply(tmp_path / "cloud.ply", POINTS * [1, np.inf, 1], COLOURS, "")
    assert not any(tmp_path.iterdir())
