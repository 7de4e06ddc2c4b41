"""Run folders of every release are still read, weights and optimizer, each array at its place."""

import re
import zipfile
from pathlib import Path

import make_kept_run
import numpy as np
import pytest

from dfnet_tf.config import Config
from dfnet_tf.training import checkpoints

RELEASES = sorted(path.stem for path in make_kept_run.KEPT.glob("*.zip"))


def test_every_release_has_a_kept_run():
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    assert set(re.findall(r"^## ([\d.]+)", changes, re.MULTILINE)) == set(RELEASES), (
        "Run tests/training/make_kept_run.py."
    )


@pytest.mark.parametrize("release", RELEASES)
def test_the_run_of_a_release_can_be_continued_and_used(release, tmp_path):
    with zipfile.ZipFile(make_kept_run.KEPT / f"{release}.zip") as kept:
        kept.extractall(tmp_path)
    model = make_kept_run.compiled(Config.load(tmp_path / "config.json"))
    assert checkpoints.restore(model, tmp_path) == make_kept_run.STEP
    for variable, values in make_kept_run.expected(model):
        np.testing.assert_array_equal(variable, values, err_msg=variable.path)
    averages = [
        values for variable, values in make_kept_run.expected(model) if "average" in variable.path
    ]
    loaded = checkpoints.load_trained(tmp_path).trainable_variables
    for variable, values in zip(loaded, averages, strict=True):
        np.testing.assert_array_equal(variable, values, err_msg=variable.path)
