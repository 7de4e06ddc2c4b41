"""Writes run folders of networks that have learned nothing, for tests of what reads a run."""

from pathlib import Path

import keras

from dfnet_tf.config import Config
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.training import checkpoints, loop, schedule


def write_untrained_run(folder: Path, config: Config) -> Path:
    """Writes a run that was stopped before its first step, always with the same weights."""
    keras.utils.set_random_seed(0)
    model = DFNet(config)
    model.build()
    schedule.compile_model(model)
    checkpoints.save(model, folder)
    loop.claim(folder, config)
    return folder
