"""Middlebury's .flo files: written flow is read back, unknown flow stays unknown."""

import struct

import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.flo_files import read_flo, write_flo


def test_what_is_written_is_read_exactly(tmp_path):
    rng = np.random.default_rng(0)
    flow = rng.normal(0, 100, (5, 7, 2)).astype("float32")
    valid = (rng.uniform(size=(5, 7)) > 0.3).astype("float32")
    write_flo(tmp_path / "a.flo", flow, valid)
    read, known = read_flo(tmp_path / "a.flo")
    np.testing.assert_array_equal(known, valid)
    np.testing.assert_array_equal(read, flow * valid[..., None])


def test_the_bytes_are_those_of_the_format(tmp_path):
    content = struct.pack("<fii4f", 202021.25, 2, 1, 1.0, 2.0, 3.0, 4.0)
    path = tmp_path / "a.flo"
    write_flo(path, np.float32([[[1, 2], [3, 4]]]), np.ones((1, 2)))
    assert path.read_bytes() == content
    assert read_flo(path)[0].tolist() == [[[1, 2], [3, 4]]]


def test_very_long_flow_and_nan_are_unknown(tmp_path):
    values = [0.0, 1e9, 0.0, 1.1e9, -1e10, 0.0, float("nan"), 0.0]
    (tmp_path / "a.flo").write_bytes(struct.pack("<4sii8f", b"PIEH", 4, 1, *values))
    flow, valid = read_flo(tmp_path / "a.flo")
    assert valid.tolist() == [[1, 0, 0, 0]]
    assert flow[0].tolist() == [[0, 1e9], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with"),
        (struct.pack(">fii2f", 202021.25, 1, 1, 0, 0), "begins with"),
        (struct.pack("<fi", 202021.25, 1), "begins with"),
        (struct.pack("<fii", 202021.25, 0, 4), "an image of 1 to .* Received: 0x4"),
        (struct.pack("<fii", 202021.25, 4, -1), "an image of 1 to .* Received: 4x-1"),
        (struct.pack("<fii2f", 202021.25, 2, 1, 0, 0), "28 bytes for 2x1 pixels. Received: 20"),
        (struct.pack("<fii3f", 202021.25, 1, 1, 0, 0, 0), "20 bytes for 1x1.*Received: 24"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, content, message):
    (tmp_path / "a.flo").write_bytes(content)
    with pytest.raises(ClipError, match=f"a.flo: expected .*{message}"):
        read_flo(tmp_path / "a.flo")
