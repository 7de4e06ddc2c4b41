import shutil

import numpy as np
import pytest

from dfnet_tf import stages
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, loop

# How traced functions resume is in test_unbreakable.py.
pytestmark = pytest.mark.usefixtures("eagerly")

JOINT = preset("tiny").replace(
    data__height=32,
    data__width=64,
    training__jit_loss=False,
    training__epochs=3,
    training__steps_per_epoch=2,
)
CONFIG = stages.staged(JOINT, "depth")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(synthetic.render_clip(0, 8, 32, 64), folder)
    return read_clips(folder)


@pytest.fixture(scope="module")
def whole(clips, tmp_path_factory):
    """A run that was never disturbed."""
    run_dir = tmp_path_factory.mktemp("whole")
    loop.train(CONFIG, clips, run_dir)
    return run_dir


def _newest_weights(run_dir):
    model = checkpoints.load_trained(run_dir)
    return [np.array(value) for value in model.get_weights()]


def _assert_same_weights(undisturbed_dir, resumed_dir):
    weights = _newest_weights(undisturbed_dir), _newest_weights(resumed_dir)
    for undisturbed, resumed in zip(*weights, strict=True):
        np.testing.assert_array_equal(undisturbed, resumed)


def test_a_stopped_run_resumes_to_the_weights_of_an_undisturbed_one(clips, whole, tmp_path, capsys):
    loop.train(CONFIG.replace(training__epochs=1), clips, tmp_path)
    loop.train(CONFIG, clips, tmp_path)
    assert "Resuming at step 2 of 6" in capsys.readouterr().out
    _assert_same_weights(whole, tmp_path)


def test_all_three_networks_resume_to_the_same_weights(clips, tmp_path):
    joint = JOINT.replace(data__batch_size=1, training__epochs=2, training__steps_per_epoch=1)
    loop.train(joint, clips, tmp_path / "whole")
    loop.train(joint.replace(training__epochs=1), clips, tmp_path / "resumed")
    loop.train(joint, clips, tmp_path / "resumed")
    _assert_same_weights(tmp_path / "whole", tmp_path / "resumed")


def test_a_finished_run_does_not_train_and_returns_its_model(clips, whole):
    before = {path: path.read_bytes() for path in checkpoints.all_checkpoints(whole)}
    again = loop.train(CONFIG, clips, whole)
    for kept, returned in zip(_newest_weights(whole), again.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, returned)
    assert before == {path: path.read_bytes() for path in checkpoints.all_checkpoints(whole)}


def test_a_run_writes_settings_checkpoints_and_logs(whole):
    names = [path.name for path in checkpoints.all_checkpoints(whole)]
    assert names == ["step_00000004.weights.h5", "step_00000006.weights.h5"]
    assert list((whole / "logs").rglob("*tfevents*"))
    assert (whole / "doctor.md").read_text().startswith("# Step 6")
    assert checkpoints.load_trained(whole).config == CONFIG


def test_a_run_is_not_continued_with_other_settings(clips, tmp_path):
    loop.claim(tmp_path, CONFIG)
    other = CONFIG.replace(loss__cross_task=0.0)
    with pytest.raises(checkpoints.RunError, match=r"loss.cross_task: 0.1 -> 0.0"):
        loop.train(other, clips, tmp_path)


def test_a_run_folder_refuses_another_objective(tmp_path):
    loop.claim(tmp_path, CONFIG)
    with pytest.raises(checkpoints.RunError, match="loss.objective: paper -> robust"):
        loop.claim(tmp_path, preset("tiny", "robust"))


def test_a_nan_loss_stops_training_and_keeps_the_last_checkpoint(clips, whole, tmp_path):
    run_dir = shutil.copytree(whole, tmp_path / "run")
    wild = CONFIG.replace(training__epochs=5, training__learning_rate=1e30)
    wild.save(run_dir / "config.json")
    with pytest.raises(loop.DivergedError, match="in 2 steps.* step 10"):
        loop.train(wild, clips, run_dir)
    assert "No numbers." in (run_dir / "doctor.md").read_text()
    sane, wild = checkpoints.all_checkpoints(run_dir)  # Before and after the bad step.
    assert (checkpoints.step_of(sane), checkpoints.step_of(wild)) == (6, 8)
    assert all(np.isfinite(value).all() for value in _newest_weights(run_dir))


def test_a_run_can_start_from_the_weights_of_another(clips, whole, tmp_path):
    gentle = CONFIG.replace(training__epochs=1, training__learning_rate=1e-12)
    loop.train(gentle, clips, tmp_path, init_from=[whole])
    assert checkpoints.step_of(checkpoints.all_checkpoints(tmp_path)[-1]) == 2  # Its own steps.
    for before, after in zip(_newest_weights(whole), _newest_weights(tmp_path), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-6)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(checkpoints.RunError, match="checkpoints/step_.*Received"):
        checkpoints.load_trained(tmp_path)


def test_an_unfinished_checkpoint_is_ignored(whole, tmp_path):
    run_dir = shutil.copytree(whole, tmp_path / "run")
    before = checkpoints.all_checkpoints(run_dir)
    (run_dir / "checkpoints" / "unfinished.weights.h5").write_bytes(b"half")
    assert checkpoints.all_checkpoints(run_dir) == before
