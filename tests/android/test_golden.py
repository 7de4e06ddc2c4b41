"""The committed files for the app's Kotlin tests and colours equal current results."""

import make_golden
import numpy as np
import pytest

GOLDEN_FILES = make_golden.golden_files()


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_the_committed_arrays_are_what_the_pipeline_computes(name):
    arrays = GOLDEN_FILES[name]
    with np.load(make_golden.GOLDEN / f"{name}.npz") as committed:
        assert set(committed) == set(arrays)
        for key, array in arrays.items():
            assert committed[key].dtype == array.dtype
            # Other versions of the libraries may round colours to the next step.
            step = 1 if array.dtype == np.uint8 else 1e-4
            np.testing.assert_allclose(committed[key].astype("float64"), array, rtol=0, atol=step)


def test_no_other_arrays_are_committed():
    assert {path.stem for path in make_golden.GOLDEN.iterdir()} == set(GOLDEN_FILES)
    assert sum(path.stat().st_size for path in make_golden.GOLDEN.iterdir()) < 300_000


@pytest.mark.parametrize("name", make_golden.COLOUR_MAPS)
def test_the_committed_colour_table_is_matplotlibs(name):
    table = make_golden.color_tables()[name]
    assert table.shape == (256, 3)
    assert (make_golden.TABLES / f"{name}.rgb").read_bytes() == table.tobytes()


def test_the_app_offers_every_colour_table():
    source = make_golden.CORE / "main" / "kotlin" / "org" / "dfnet" / "core" / "ColourMap.kt"
    names = ", ".join(f'"{name}"' for name in make_golden.COLOUR_MAPS)
    assert f"listOf({names})" in source.read_text()
