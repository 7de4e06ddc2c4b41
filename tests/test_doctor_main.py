"""python -m dfnet_tf.doctor, on run folders in every state."""

import functools
import json

import pytest
from main_endings import assert_misused

from dfnet_tf.presets import preset

EPOCHS = [{"loss": 5.0, "flow_photometric": 4.0, "cross_task": 0.0, "skipped_steps": 2.0}] * 3


@pytest.fixture
def run_dir(tmp_path):
    preset("tiny").save(tmp_path / "config.json")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/step_00000030.weights.h5").touch()
    return tmp_path


@pytest.fixture
def doctor(run_main, run_dir):
    return functools.partial(run_main, "dfnet_tf.doctor", f"--run_dir={run_dir}")


@pytest.mark.parametrize("step", [30, 37])
def test_the_report_of_the_trainings_end_is_printed(doctor, run_dir, step):
    (run_dir / "doctor.md").write_text(f"# Step {step}\n\nNothing suspicious.\n")
    assert doctor() == (0, f"# Step {step}\n\nNothing suspicious.\n\n", "")


@pytest.mark.parametrize("older", ["", "# Step 20\n\nNothing suspicious.\n"])
def test_a_run_without_a_report_of_its_last_step_is_judged_by_its_epochs(doctor, run_dir, older):
    (run_dir / "doctor.md").write_text(older)
    (run_dir / "epochs.json").write_text(json.dumps(EPOCHS))
    status, out, _ = doctor()
    assert status == 0 and out.startswith("# Step 30\n")
    assert "Skipped steps. The loss or gradient of 6 steps" in out
    assert "Zero in every epoch, so nothing was learned from it: cross_task." in out
    assert "by the 3 epochs so far" in out
    assert "No motion" not in out and "nan" not in out


def test_a_run_before_its_first_epoch_has_nothing_to_judge(doctor, run_dir):
    assert_misused(doctor(), f"{run_dir}: expected a run with at least one", "Received: none")


def test_another_folder_is_refused(run_main, tmp_path):
    assert_misused(run_main("dfnet_tf.doctor", f"--run_dir={tmp_path}/none"), "Expected a run")
