"""MATLAB files written by SciPy."""

import numpy as np
import pytest
import scipy.io

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import mat_files


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["float64", "float32", "uint8", "int16", "uint32"])
def test_numbers_come_back_as_scipy_wrote_them(tmp_path, kind, packed):
    grid = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(kind)
    others = {"before": "text", "cell": np.array([[1, "a"]], object), "x": grid[:1, 0], "grid_": 1}
    scipy.io.savemat(tmp_path / "a.mat", {**others, "grid": grid}, do_compression=packed)
    np.testing.assert_array_equal(mat_files.read_array(tmp_path / "a.mat", "grid"), grid)
    np.testing.assert_array_equal(mat_files.read_array(tmp_path / "a.mat", "x"), grid[:1, 0])


@pytest.mark.parametrize("name", ["cell", "words", "struct", "none", "missing"])
def test_what_is_no_array_of_numbers_is_refused(tmp_path, name):
    held = {"cell": np.array([[1, "a"]], object), "words": "a", "struct": {"a": 1}, "none": []}
    scipy.io.savemat(tmp_path / "a.mat", held)
    with pytest.raises(ClipError, match=f"a.mat: expected a MATLAB file that holds {name}. Rec"):
        mat_files.read_array(tmp_path / "a.mat", name)


@pytest.mark.parametrize("length", [0, 127, 130, 200, 300])
def test_a_file_that_is_cut_off_is_refused(tmp_path, length):
    scipy.io.savemat(tmp_path / "a.mat", {"grid": np.ones((9, 9))})
    content = (tmp_path / "a.mat").read_bytes()
    (tmp_path / "a.mat").write_bytes(content[:length])
    with pytest.raises(ClipError, match="a.mat: expected a MATLAB file that holds grid. Received"):
        mat_files.read_array(tmp_path / "a.mat", "grid")


def test_a_bomb_is_not_unpacked(tmp_path):
    zeros = np.zeros(mat_files.MOST_BYTES // 8)
    scipy.io.savemat(tmp_path / "a.mat", {"grid": zeros}, do_compression=True)
    assert (tmp_path / "a.mat").stat().st_size < 10**5
    with pytest.raises(ClipError, match="a.mat: .* more than 16777216 bytes"):
        mat_files.read_array(tmp_path / "a.mat", "grid")
