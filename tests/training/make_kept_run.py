"""Keeps a run folder as this version writes it: `python tests/training/make_kept_run.py 0.1.0`.

Run it once for each release. The run has all that training saves: weights, optimizer and averages
of preset `tiny`. Each array has one value everywhere, so that the archive is small.
"""

import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # The file is run by its path.

from dfnet_tf.config import Config  # noqa: E402
from dfnet_tf.models.dfnet import DFNet  # noqa: E402
from dfnet_tf.presets import preset  # noqa: E402
from dfnet_tf.training import checkpoints, schedule  # noqa: E402

KEPT = Path(__file__).parent / "kept_runs"
STEP = 7


def compiled(config: Config) -> DFNet:
    """An untrained model with its optimizer."""
    model = DFNet(config)
    model.build()
    schedule.compile_model(model)
    return model


def expected(model: DFNet) -> list[tuple[keras.Variable, np.ndarray]]:
    """The variables that a kept run sets, and their values: the number of each variable."""
    iterations = model.optimizer.iterations
    moments = [one for one in model.optimizer.variables if one.shape and one is not iterations]
    return [
        (one, np.full(one.shape, number, "float32"))
        for number, one in enumerate([*model.trainable_variables, *moments])
    ]


def keep(release: str) -> None:
    config = preset("tiny")
    model = compiled(config)
    for variable, values in expected(model):
        variable.assign(values)
    model.optimizer.iterations.assign(STEP)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        config.save(run / "config.json")
        checkpoints.save(model, run)
        with zipfile.ZipFile(
            KEPT / f"{release}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9
        ) as kept:
            for path in sorted(run.rglob("*.*")):
                kept.write(path, path.relative_to(run))


if __name__ == "__main__":
    keep(sys.argv[1])
