"""The files that the web demo is tested with, and draws with, are what is computed today."""

import base64
import json

import make_web_golden
import numpy as np
import pytest

GOLDEN_FILES = make_web_golden.golden_files()


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_the_committed_arrays_are_what_the_pipeline_computes(name):
    arrays = GOLDEN_FILES[name]
    committed = json.loads((make_web_golden.GOLDEN / f"{name}.json").read_text())
    assert set(committed) == set(arrays)
    for key, array in arrays.items():
        entry = committed[key]
        assert (entry["shape"], entry["dtype"]) == (list(array.shape), str(array.dtype))
        values = np.frombuffer(base64.b64decode(entry["data"]), array.dtype).reshape(array.shape)
        # Other versions of the libraries may round colours to the next step.
        step = 1 if array.dtype == np.uint8 else 1e-3
        rtol = 0 if array.dtype == np.uint8 else 1e-3
        np.testing.assert_allclose(values.astype("float64"), array, rtol=rtol, atol=step)


def test_no_other_arrays_are_committed():
    assert {path.stem for path in make_web_golden.GOLDEN.iterdir()} == set(GOLDEN_FILES)
    assert sum(path.stat().st_size for path in make_web_golden.GOLDEN.iterdir()) < 300_000


def test_the_committed_colour_tables_are_matplotlibs():
    assert json.loads(make_web_golden.TABLES.read_text()) == make_web_golden.color_tables()
