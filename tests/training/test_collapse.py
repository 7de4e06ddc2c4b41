"""Constant depth: seen, told, and ended; depth that varies is left alone."""

import types

import keras
import numpy as np
import pytest

from dfnet_tf import stages
from dfnet_tf.training.collapse import (
    EVERY,
    PATIENCE,
    CollapsedError,
    StopOnCollapse,
    doubt,
    spread,
)

FLAT = np.full((1, 3, 4, 6, 1), 0.01)
RAMP = np.broadcast_to(np.linspace(0.1, 1.0, 4)[:, None, None], (1, 3, 4, 6, 1))


class Model:
    """Stands for a model in training: its step, its stage, and what it predicts."""

    def __init__(self, stage: str = "joint"):
        self.optimizer = types.SimpleNamespace(iterations=keras.Variable(0))
        self.stage = stages.STAGES[stage]["network"]
        self.disparity = FLAT

    def __call__(self, batch, training):
        assert batch == {"images": "a batch"} and not training
        return {"disparities": [self.disparity]}


def looked(model: Model, looks: int) -> None:
    callback = StopOnCollapse({"images": "a batch"})
    callback.set_model(model)
    for step in range(1, looks * EVERY + 1):
        model.optimizer.iterations.assign(step)
        callback.on_train_batch_end(step)
        yield


def test_the_spread_is_that_of_each_image():
    one, other = np.array([1.0, 3.0]).reshape(1, 2, 1, 1), np.array([5.0, 5.0]).reshape(1, 2, 1, 1)
    assert spread(one) == pytest.approx(0.5)
    assert spread(np.concatenate([one, other])) == pytest.approx(0.25)
    assert spread(10 * one) == pytest.approx(spread(one))


def test_constant_depth_ends_the_training_after_warnings(capsys):
    with pytest.raises(CollapsedError, match=f"constant depth since step {EVERY}"):
        for _ in looked(Model(), PATIENCE):
            pass
    told = capsys.readouterr().err
    assert told.count("Warning") == PATIENCE - 1
    assert f"step {EVERY}" in told and f"in {(PATIENCE - 1) * EVERY} steps" in told


def test_depth_that_varies_is_left_alone(capsys):
    model = Model()
    model.disparity = RAMP
    for _ in looked(model, PATIENCE):
        pass
    assert not capsys.readouterr().err


def test_depth_that_recovers_is_forgiven():
    model = Model()
    for step, _ in enumerate(looked(model, 2 * PATIENCE), start=1):
        model.disparity = RAMP if step + 1 == PATIENCE * EVERY else FLAT
        if step == (2 * PATIENCE - 1) * EVERY:
            break  # One look less than PATIENCE after the recovery.


def test_a_stage_that_does_not_train_depth_is_not_looked_at(capsys):
    for _ in looked(Model("flow"), PATIENCE):
        pass
    assert not capsys.readouterr().err


def test_one_image_with_depth_is_no_collapse():
    assert not doubt([0.0, 0.3])
    assert "varies by at most 0.2% in an image" in doubt([0.001, 0.002])
