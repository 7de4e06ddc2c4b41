"""train as its users run it: a whole result, or one clear line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from main_endings import assert_misused
from main_results import NUM_FRAMES, assert_one_line, truncate

from dfnet_tf.training import checkpoints, loop

pytestmark = pytest.mark.usefixtures("networks_built_once")


def test_settings_or_clips_that_cannot_work_leave_no_run_folder(train, street, tmp_path):
    def refused(data, flag, *expected):
        assert_one_line(train(data, flag), *expected)
        assert not (tmp_path / "new").exists()

    refused(tmp_path / "none", "--seed=0", f"train: {tmp_path}/none: expected a clip folder")
    refused(street, "--num_frames=7", "a clip of at least 7 frames", f"{street}, has 6 frames")
    refused(street, "--num_frames=4", "num_frames to be 2 or an odd number")
    refused(street, "--height=100", "height to be a multiple of 8")
    refused(street, "--height=40", "train: Expected a height and width that are multiples of 32")
    refused(street, "--learning_rate=0", "learning_rate > 0")
    (street / "intrinsics.txt").write_text("500 0 320\n0 500 240\n0 0 1\n")
    refused(street, "--seed=0", "inside the 96x48 (width x height) image; are the intrinsics for")


def test_flags_that_absl_knows_to_be_wrong_are_refused(train, street, tmp_path):
    assert_misused(train(street, "--preset=huge"), "<paper|mobile|tiny>", "huge")
    assert_misused(train(street, "--epochs=0"), "--epochs=0")
    assert_misused(train(street, "--precision=float16"), "<float32|mixed_bfloat16|mixed_float16>")
    assert_misused(train(street, "extra"), "Expected only flags. Received: extra.")
    assert_misused(train(street, "--hight=32"), "Unknown command line flag 'hight'")
    assert not (tmp_path / "new").exists()


def test_a_missing_flag_is_named(run_main):
    assert_misused(run_main("dfnet_tf.train"), "Expected --data. Received: none.")


@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_help_is_no_error(asked):
    command = [sys.executable, "-m", "dfnet_tf.train", asked]  # absl defines --help once a process.
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, "")
    assert "--run_dir" in done.stdout and "--stage" in done.stdout


@pytest.mark.parametrize("frame", [0, NUM_FRAMES - 1])  # Met when opened; when trained on.
def test_a_truncated_image_is_named(train, street, tmp_path, frame):
    path = street / f"images/{frame:06d}.png"
    truncate(path)
    assert_one_line(train(street, "--stage=flow"), f"train: {path}: expected an image file")
    assert not checkpoints.all_checkpoints(tmp_path / "new")


def test_a_damaged_run_is_not_resumed(train, street, run_dir, tmp_path):
    shutil.copytree(run_dir, tmp_path / "new")
    (checkpoint,) = checkpoints.all_checkpoints(tmp_path / "new")
    other = train(street, "--cross_task=0")
    assert_one_line(other, "another --run_dir", "loss.cross_task: 0.1 -> 0.0")
    truncate(checkpoint)
    assert_one_line(train(street), f"train: {checkpoint}: expected a whole checkpoint")
    (tmp_path / "new/config.json").write_text("{")
    assert_one_line(train(street), f"settings in {tmp_path}/new/config.json")
    assert checkpoints.all_checkpoints(tmp_path / "new") == [checkpoint]


def test_a_stage_takes_its_settings_and_the_runs_it_starts_from(train, street, monkeypatch):
    calls = []
    monkeypatch.setattr(loop, "train", lambda *arguments: calls.append(arguments))
    status, out, err = train(street, "--stage=depth", "--init_from=a", "--init_from=b")
    assert status == 0, err
    (config, _, _, init_from, *_), *_ = calls
    assert (config.training.stage, config.loss.rigid_occlusions) == ("depth", False)
    assert init_from == [Path("a"), Path("b")]
    assert "Next: python -m dfnet_tf.predict " in out
    assert "Next: python -m dfnet_tf.train " in train(street, "--stage=flow")[1]
    for stage in ("flow", "distil"):
        for flag in ("--cross_task=1", "--intrinsics=given", "--noimagenet"):
            name = flag.partition("=")[0].replace("no", "")
            expected = f"Expected no {name} with --stage={stage}. Received: one."
            assert_one_line(train(street, f"--stage={stage}", flag), expected)
    robust_distil = train(street, "--stage=distil", "--objective=robust")
    assert_one_line(robust_distil, "Expected no --objective with --stage=distil")
    assert_one_line(train(street, "--imagenet"), "imagenet only with mobile")
    assert_one_line(train(street, "--width_multiplier=0.5"), "width_multiplier only with paper")
    assert len(calls) == 2
