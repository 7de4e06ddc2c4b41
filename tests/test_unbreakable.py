"""Trainings that are killed, interrupted, out of disk space or fed NaN lose nothing."""

import contextlib
import errno
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import types
from pathlib import Path

import keras
import kill_harness
import numpy as np
import pytest
import tensorflow as tf
from kill_harness import contents

from dfnet_tf import stages
from dfnet_tf.config import Config, TrainingConfig
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.program import interruption, mains, outputs
from dfnet_tf.training import (
    checkpoints,
    divergence,
    loop,
    provenance,
    resumption,
    schedule,
    summaries,
    weights_file,
)

CONFIG = stages.staged(kill_harness.CONFIG, "depth").replace(
    training__epochs=2, training__steps_per_epoch=3
)
FLAGS = (
    "--preset=tiny",
    "--stage=depth",
    "--height=32",
    "--width=64",
    "--batch_size=1",
    "--nojit_loss",
    "--epochs=2",
    "--steps_per_epoch=3",
)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(synthetic.render_clip(0, 5, 32, 64), folder)
    return folder


@pytest.fixture(scope="module")
def toy():
    """A simple objective: these tests concern everything around it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DFNet, "loss_terms", kill_harness.toy_terms)
        yield


@pytest.fixture(scope="module")
def whole(toy, street, tmp_path_factory):  # noqa: ARG001 (it patches)
    """A run that was never disturbed."""
    run_dir = tmp_path_factory.mktemp("whole")
    loop.train(CONFIG, read_clips(street), run_dir)
    return run_dir


@pytest.fixture
def small(tmp_path):
    """A model with 400 kB of weights, and a file of them."""
    model = keras.Sequential([keras.layers.Input([100]), keras.layers.Dense(1000)])
    weights_file.write(model, tmp_path / "step_00000001.weights.h5")
    return model, tmp_path / "step_00000001.weights.h5"


def last_contents(run_dir):
    return contents(checkpoints.all_checkpoints(run_dir)[-1])


def assert_same(received, expected):
    assert received.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(received[name], array, err_msg=name)


# Killed.


@pytest.mark.slow
def test_nothing_is_lost_when_killed_at_random_moments():
    harness = [sys.executable, kill_harness.__file__, "--toy", "--kills=3"]
    ended = subprocess.run(harness, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("runs: nothing was lost.\n"), ended.stdout


class Killed(BaseException):
    """Nothing runs any more in a killed process, so nothing may catch this."""


@pytest.mark.parametrize("name", ["write", "fsync", "replace", "unlink"])
def test_killed_between_any_two_steps_of_a_write_a_run_keeps_a_whole_checkpoint(
    small, tmp_path, monkeypatch, name
):
    model, path = small
    model.optimizer = types.SimpleNamespace(iterations=tf.Variable(1), averages=[])
    checkpoints.save(model, tmp_path)
    before = contents(checkpoints.all_checkpoints(tmp_path)[0])

    def killed(*_, **__):
        raise Killed

    where = {"write": (weights_file, "_write_all"), "unlink": (Path, "unlink")}
    for step in (2, 3, 4):
        model.optimizer.iterations.assign(step)
        with monkeypatch.context() as patch:
            patch.setattr(*where.get(name, (os, name)), killed)
            with contextlib.suppress(Killed):
                checkpoints.save(model, tmp_path)
        for left in checkpoints.all_checkpoints(tmp_path):
            assert_same(contents(left), before)
    checkpoints.save(model, tmp_path)
    assert len(checkpoints.all_checkpoints(tmp_path)) == checkpoints.KEPT


def test_a_kill_leaves_the_settings_of_a_run_whole(tmp_path, monkeypatch):
    def killed(*_):
        raise Killed

    loop.claim(tmp_path, CONFIG)
    before = (tmp_path / "config.json").read_text()
    patient = CONFIG.replace(training__max_skipped_steps=20)  # Which does not count as another run.
    monkeypatch.setattr(Config, "save", lambda _, path: path.write_text("{") and killed())
    with contextlib.suppress(Killed):
        loop.claim(tmp_path, patient)
    assert (tmp_path / "config.json").read_text() == before
    monkeypatch.undo()
    loop.claim(tmp_path, patient)
    assert Config.load(tmp_path / "config.json") == patient


# Damaged.


def flipped(data):
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


DAMAGES = {
    "a bit": flipped,
    "zeros": lambda data: data[:200_000] + bytes(4096) + data[204_096:],
    "cut off": lambda data: data[:-1000],
    "half": lambda data: data[: len(data) // 2],
    "its checksum": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_never_loaded(small, damage):
    model, path = small
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(weights_file.WeightsError, match=f"{path}: expected a whole checkpoint"):
        weights_file.load(model, path)


def test_a_file_that_keras_wrote_itself_is_loaded(small, tmp_path):
    model, _ = small
    expected = [np.array(value) for value in model.get_weights()]
    model.save_weights(tmp_path / "own.weights.h5")
    model.layers[0].kernel.assign(model.layers[0].kernel * 0.0)
    weights_file.load(model, tmp_path / "own.weights.h5")
    np.testing.assert_array_equal(model.layers[0].kernel, expected[0])


def test_a_run_resumes_from_the_checkpoint_before_a_damaged_one(whole, tmp_path, capfd):
    run_dir = shutil.copytree(whole, tmp_path / "run")
    older, newest = checkpoints.all_checkpoints(run_dir)
    newest.write_bytes(flipped(newest.read_bytes()))
    model = DFNet(CONFIG)
    model.build()
    schedule.compile_model(model)
    assert checkpoints.restore(model, run_dir) == model.optimizer.iterations == 3
    _, err = capfd.readouterr()
    assert err.count("\n") == 1
    assert f"Going back to step 3. {newest}: expected a whole checkpoint" in err
    older.write_bytes(b"")
    with pytest.raises(checkpoints.RunError, match=str(newest)):
        checkpoints.restore(model, run_dir)


# The disk is full.


def test_a_full_disk_leaves_the_checkpoint_before_and_names_the_file(small, tmp_path):
    model, path = small
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # Like a quota.
    try:
        with pytest.raises(OSError) as error:
            weights_file.write(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.filename == str(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_a_full_disk_ends_a_main_with_one_line_that_says_what_to_do(run_main, street, tmp_path):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights_file, "_write_all", full)
        patch.setattr(keras.Model, "fit", lambda model, *_, **__: checkpoints.save(model, tmp_path))
        flags = *FLAGS, f"--data={street}", f"--run_dir={tmp_path}/run"
        status, _, err = run_main("dfnet_tf.train", *flags)
    assert status == 1
    path = tmp_path / "checkpoints/step_00000000.weights.h5"
    assert f"train: {path}: expected enough disk space; free some" in err
    assert err.endswith("Received: No space left on device.\n")
    assert not list(path.parent.iterdir())


def test_a_small_file_for_which_there_is_no_space_is_named(tmp_path):
    with pytest.raises(OSError) as error, outputs.whole_file(tmp_path / "doctor.md"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.filename == tmp_path / "doctor.md"
    assert not os.listdir(tmp_path)


# Interrupted.


def test_sigterm_stops_a_run_after_its_step_and_the_same_command_resumes_it_exactly(
    run_main, whole, street, tmp_path
):
    run_dir = tmp_path / "run"
    flags = *FLAGS, f"--data={street}", f"--run_dir={run_dir}"
    follow = divergence.StopOnSkipped.on_train_batch_end

    def signalled(callback, batch, logs=None):
        follow(callback, batch, logs)
        if callback.model.optimizer.iterations == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(divergence.StopOnSkipped, "on_train_batch_end", signalled)
        status, _, err = run_main("dfnet_tf.train", *flags)
    assert (status, err) == (
        143,
        "train: stopped after step 4; run the same command to continue.\n",
    )
    assert checkpoints.step_of(checkpoints.all_checkpoints(run_dir)[-1]) == 4
    assert (run_dir / "doctor.md").read_text().startswith("# Step 4")
    status, out, err = run_main("dfnet_tf.train", *flags)
    assert status == 0, err
    assert "Resuming at step 4 of 6." in out
    assert_same(last_contents(run_dir), last_contents(whole))  # Averages of the epoch too.
    for name in ("epochs.json", "doctor.md"):
        assert (run_dir / name).read_text() == (whole / name).read_text()
    assert kill_harness.logged_epochs(run_dir) == {0, 1}
    starts = json.loads((run_dir / "provenance.json").read_text())
    assert [start["step"] for start in starts] == [0, 4]


def test_resumed_epochs_end_at_whole_epochs():
    training = TrainingConfig(epochs=4, steps_per_epoch=10)

    def legs(step):
        return [(first, *epochs.values()) for first, epochs in resumption.legs(step, training)]

    assert legs(0) == [(0, 0, 4, 10)]
    assert legs(20) == [(20, 2, 4, 10)]
    assert legs(13) == [(13, 1, 2, 7), (20, 2, 4, 10)]
    assert legs(39) == [(39, 3, 4, 1)]
    assert legs(40) == legs(45)[1:] == []


def test_averages_are_kept_with_the_weights(tmp_path):
    def averaging(value):
        model = keras.Sequential([keras.layers.Input([1]), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        model.evaluate(np.full([4, 1], value), np.zeros([4, 1]), verbose=0)
        return model

    model, other = averaging(1.0), averaging(2.0)
    weights_file.write(model, tmp_path / "a.weights.h5")
    weights_file.load(other, tmp_path / "a.weights.h5")
    averages = [
        [float(variable.numpy()) for variable in either.metrics_variables]
        for either in (model, other)
    ]
    assert len(averages[0]) > 2
    assert averages[0] == averages[1]


@pytest.mark.parametrize(("batch", "saved"), [(0, 1), (2, 0)])
def test_a_signal_in_an_epochs_last_step_lets_the_epoch_be_logged_first(
    monkeypatch, tmp_path, batch, saved
):
    request = interruption.Request()
    request.number = signal.SIGINT
    callback = resumption.Checkpoint(tmp_path, request)
    callback.set_params({"steps": 3})
    callback.set_model(types.SimpleNamespace(config=CONFIG))
    saves = []
    path = tmp_path / f"step_{batch:08d}.weights.h5"
    monkeypatch.setattr(checkpoints, "save", lambda *_: saves.append(1) or path)
    if saved:
        with pytest.raises(interruption.Interrupted, match="after step 0; run the same") as end:
            callback.on_train_batch_end(batch)
        assert end.value.status == mains.INTERRUPTED
    else:
        callback.on_train_batch_end(batch)
        assert not saves
        with pytest.raises(interruption.Interrupted):
            callback.on_epoch_end(0)
        callback.on_epoch_end(CONFIG.training.epochs - 1)  # The run is finished: no interruption.


def test_a_second_signal_does_not_wait():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interruption.noted() as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert request.number == signal.SIGINT
        with pytest.raises(interruption.Interrupted, match="ended by SIGTERM") as end:
            os.kill(os.getpid(), signal.SIGTERM)
    assert end.value.status == 143
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_sigterm_leaves_nothing_half_written(tmp_path):
    writing = outputs.whole_folder(tmp_path / "new")
    with pytest.raises(interruption.Interrupted), interruption.raised(), writing as new:
        (new / "half").touch()
        os.kill(os.getpid(), signal.SIGTERM)
    assert not os.listdir(tmp_path)


# NaN.


def toy_terms_with_nan(at_steps):
    def terms(model, batch, predictions):
        total, terms = kill_harness.toy_terms(model, batch, predictions)
        step = model.optimizer.iterations.value
        broken = tf.reduce_any([tf.equal(step, at) for at in at_steps])
        return tf.where(broken, np.nan, total), terms

    return terms


def test_a_nan_step_is_skipped_counted_and_reported(street, tmp_path, monkeypatch):
    monkeypatch.setattr(DFNet, "loss_terms", toy_terms_with_nan([1, 4]))
    loop.train(CONFIG, read_clips(street), tmp_path)
    assert checkpoints.step_of(checkpoints.all_checkpoints(tmp_path)[-1]) == 6
    epochs = json.loads((tmp_path / "epochs.json").read_text())
    assert [epoch["skipped_steps"] for epoch in epochs] == [1, 1]
    assert all(np.isfinite(list(epoch.values())).all() for epoch in epochs)
    assert all(np.isfinite(values).all() for values in last_contents(tmp_path).values())
    assert "Skipped steps. The loss or gradient of 2 steps" in (tmp_path / "doctor.md").read_text()


@pytest.mark.parametrize(("limit", "length", "allowed"), [(2, 100, 2), (0, 100, 0), (10, 4, 3)])
def test_a_training_that_skips_too_much_ends(limit, length, allowed):
    callback = divergence.StopOnSkipped(limit, length)
    optimizer = types.SimpleNamespace(iterations=tf.Variable(77))
    callback.set_model(types.SimpleNamespace(optimizer=optimizer))
    callback.on_train_batch_end(0, {"skipped_steps": tf.constant(float(allowed))})
    with pytest.raises(divergence.DivergedError, match=f"in {allowed + 1} steps.* step 77"):
        callback.on_train_batch_end(1, {"skipped_steps": tf.constant(allowed + 1.0)})


# Provenance.


def test_the_clips_fingerprint_is_of_their_content_not_of_their_place(street, tmp_path):
    moved = shutil.copytree(street, tmp_path / "elsewhere/street")
    before = provenance.fingerprint(read_clips(street))
    assert provenance.fingerprint(read_clips(moved)) == before
    images = sorted((moved / "images").iterdir())
    middle = images[2].read_bytes()
    images[2].write_bytes(middle + b"\0")
    assert provenance.fingerprint(read_clips(moved)) != before
    images[2].write_bytes(middle)
    assert provenance.fingerprint(read_clips(moved)) == before
    images[-1].write_bytes(flipped(images[-1].read_bytes()))
    assert provenance.fingerprint(read_clips(moved)) != before


def test_resuming_with_other_data_or_versions_prints_a_warning(
    street, tmp_path, capsys, monkeypatch
):
    clips = read_clips(street)
    provenance.note_start(tmp_path, clips, 0)
    provenance.note_start(tmp_path, clips, 3)
    assert not capsys.readouterr().err
    monkeypatch.setattr(provenance, "_versions", lambda: {"keras": "9.0"})
    provenance.note_start(tmp_path, clips[:1] * 2, 6)
    warning = capsys.readouterr().err
    assert re.search(r"Warning: since .* changed: .*keras 3.* -> 9.0, .*the clips\.", warning)
    starts = json.loads((tmp_path / "provenance.json").read_text())
    assert [start["step"] for start in starts] == [0, 3, 6]
    assert {"python", "keras", "numpy"} <= set(starts[0]["versions"])
    (tmp_path / "provenance.json").write_text("[")
    with pytest.raises(checkpoints.RunError, match="provenance.json: expected"):
        provenance.note_start(tmp_path, clips, 6)


@pytest.mark.skipif(not shutil.which("git"), reason="There is no git.")
def test_the_programs_commit_and_changes_are_recorded(tmp_path, monkeypatch):
    def git(*arguments):
        identity = "-c", "user.name=a", "-c", "user.email=a@b"
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True)

    assert provenance.git_state(tmp_path) is None
    (tmp_path / "__init__.py").touch()
    git("init", "--quiet")
    assert provenance.git_state(tmp_path) is None  # Not tracked: installed inside another project.
    git("add", ".")
    git("commit", "--quiet", "--message=a")
    state = provenance.git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert not state["dirty"]
    (tmp_path / "__init__.py").write_text("changed")
    assert provenance.git_state(tmp_path) == {**state, "dirty": True}
    monkeypatch.setenv("PATH", "")
    assert provenance.git_state(tmp_path) is None


def test_a_scalar_is_on_disk_before_its_epochs_checkpoint(tmp_path, small):
    model, _ = small
    model.compile("sgd", "mse")
    scalars, _ = summaries.callbacks(tmp_path, {})
    scalars.set_model(model)
    scalars.on_epoch_end(0, {"loss": 1.0})  # The log is not closed, as after a kill.
    assert kill_harness.logged_epochs(tmp_path) == {0}
