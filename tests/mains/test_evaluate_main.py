"""evaluate as its users run it: whole results, or one clear line."""

import json
import shutil

import numpy as np
import pytest
from kitti_tree import write_raw_tree
from main_endings import assert_misused
from main_results import CONFIG, NUM_FRAMES, assert_one_line, files, truncate

from dfnet_tf.data.files.image_files import read_rgb, write_rgb
from dfnet_tf.data.files.truth_files import read_flow
from dfnet_tf.data.sources import kitti_splits, synthetic
from dfnet_tf.training import checkpoints

pytestmark = pytest.mark.usefixtures("networks_built_once")


def test_a_folder_that_holds_no_whole_run_is_refused(use_run, spoilt_run, tmp_path):
    assert_one_line(use_run(tmp_path / "none"), "checkpoints/step_*", tmp_path / "none")
    (checkpoint,) = checkpoints.all_checkpoints(spoilt_run)
    truncate(checkpoint)
    assert_one_line(use_run(spoilt_run), f"{checkpoint}: expected a whole checkpoint")
    for garbage in ("{", "[]", '{"data": 5}', '{"data": {"height": "tall"}}', "\x00"):
        (spoilt_run / "config.json").write_text(garbage)
        assert_one_line(use_run(spoilt_run), f"a run's settings in {spoilt_run}/config.json")
    (spoilt_run / "config.json").unlink()
    assert_one_line(use_run(spoilt_run), f"{spoilt_run}/config.json")
    assert files(tmp_path) == ["run", "street"]


def test_an_existing_output_is_kept_unless_told_otherwise(use_run, run_dir, tmp_path):
    (tmp_path / "out").write_text("precious")
    assert_one_line(use_run(run_dir), f"{tmp_path}/out: expected a new path, or --overwrite")
    assert (tmp_path / "out").read_text() == "precious"


def test_networks_that_were_not_trained_are_not_used(
    run_main, evaluate, predict, spoilt_run, street, tmp_path
):
    CONFIG.replace(training__stage="flow").save(spoilt_run / "config.json")
    run, data = f"--run_dir={spoilt_run}", f"--data={street}"
    assert_one_line(evaluate(run, data, "--task=depth"), "trained depth_net", "--stage=flow")
    assert evaluate(run, data, "--task=flow")[0] == 0
    assert_one_line(predict(spoilt_run, street), "trained depth_net", f"{spoilt_run}, which")
    export = f"--output={tmp_path}/out", "--network=depth", "--quantization=float32"
    assert_one_line(run_main("export.export_tflite", run, *export), "trained depth_net")
    assert files(tmp_path) == ["run", "street"]


# Evaluate.


@pytest.mark.parametrize(
    ("task", "groups", "num_samples"),
    [
        (
            "depth",
            {f"{cap}m{scale}" for cap in (80, 50) for scale in ("", "_one_scale", "_unscaled")},
            NUM_FRAMES,
        ),
        ("flow", {"occ"}, NUM_FRAMES - 1),
        ("odometry", {"snippet", "trajectory"}, NUM_FRAMES - 5 + 1),
        (
            "scene_flow",
            {
                region + kind
                for region in ("all", "background", "foreground")
                for kind in ("", " + pose")
            },
            NUM_FRAMES - 1,
        ),
        ("moving_objects", {"all"}, NUM_FRAMES - 1),
    ],
)
def test_every_task_gives_a_table_and_its_numbers(
    evaluate, run_dir, street, tmp_path, task, groups, num_samples
):
    output = tmp_path / "new/results.json"
    arguments = f"--run_dir={run_dir}", f"--task={task}", f"--data={street}", f"--output={output}"
    status, out, err = evaluate(*arguments)
    assert status == 0, err
    assert files(output.parent) == ["results.json"]
    results = json.loads(output.read_text())
    assert results["task"] == task
    for who in ("ours", "trivial"):
        assert set(results[who]) == groups
        values = [value for metrics in results[who].values() for value in metrics.values()]
        assert np.isfinite([value for value in values if value is not None]).all()
    assert results["num_samples"][next(iter(results["ours"]))] == num_samples
    rows = {line.split()[0]: line.split() for line in out.splitlines()}
    assert rows[task][1:3] == ["ours", "trivial"]
    (metric, value), *_ = results["ours"][next(iter(results["ours"]))].items()
    assert f"{metric:<22}{value:>17.4f}".split() in [line.split()[:2] for line in out.splitlines()]
    assert evaluate(*arguments, "--overwrite")[0] == 0


def test_frames_and_crop_choose_what_is_evaluated(evaluate, run_dir, street, tmp_path):
    output = tmp_path / "results.json"
    flags = f"--run_dir={run_dir}", "--task=depth", f"--data={street}", f"--output={output}"
    assert evaluate(*flags, "--frames=1:3")[0] == 0
    cropped = json.loads(output.read_text())
    assert [sample["name"] for sample in cropped["samples"]] == ["street/000001", "street/000002"]
    assert evaluate(*flags, "--frames=1:3", "--crop=none", "--overwrite")[0] == 0
    assert json.loads(output.read_text())["ours"] != cropped["ours"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("depth", "true depth (depth/*.png), KITTI's raw data or Make3D's test set"),
        ("flow", "pairs with true flow"),
        ("odometry", "poses.txt and 5 or more frames"),
        ("scene_flow", "or clips with depth/ and flow/"),
        ("moving_objects", "or clips with moving/"),
    ],
)
def test_data_without_truth_are_refused(evaluate, run_dir, street, tmp_path, task, expected):
    shutil.rmtree(street / "depth")
    shutil.rmtree(street / "flow")
    shutil.rmtree(street / "moving")
    (street / "poses.txt").unlink()
    arguments = f"--run_dir={run_dir}", f"--task={task}", f"--output={tmp_path}/results.json"
    assert_one_line(evaluate(*arguments, f"--data={street}"), expected)
    assert_one_line(evaluate(*arguments, f"--data={tmp_path}/none"), "no such folder")
    assert files(tmp_path) == ["street"]


@pytest.mark.parametrize("frames", ["abc", "3", "5:2", "3:3", "-1:4", "1:", "1.5:4"])
def test_frames_are_first_and_end(evaluate, run_dir, street, frames):
    flags = f"--run_dir={run_dir}", "--task=depth", f"--data={street}", f"--frames={frames}"
    assert_misused(evaluate(*flags), f"Expected --frames=first:end. Received: {frames}.")


@pytest.mark.parametrize("task", ["depth", "flow"])
def test_pictures_show_the_best_and_the_worst(evaluate, run_dir, street, tmp_path, task):
    folder, output = tmp_path / "pictures", tmp_path / "results.json"
    flags = f"--run_dir={run_dir}", f"--task={task}", f"--data={street}"
    status, _, err = evaluate(*flags, f"--pictures={folder}", f"--output={output}")
    assert status == 0, err
    results = json.loads(output.read_text())
    metric, group = {"depth": ("abs_rel", "80m"), "flow": ("epe", "occ")}[task]
    worst = max(results["samples"], key=lambda sample: sample["ours"][group][metric])["name"]
    assert f"worst_1_{worst.replace('/', '_')}.png" in files(folder)
    num_worst = min(3, len(results["samples"]) // 2)
    assert len(files(folder)) == 1 + 3 + num_worst  # And the mark of a folder of ours.
    assert_one_line(evaluate(*flags, f"--pictures={folder}"), f"{folder}: expected a new path")


def test_pictures_of_odometry_show_each_trajectory(evaluate, run_dir, street, tmp_path):
    flags = f"--run_dir={run_dir}", "--task=odometry", f"--data={street}"
    status, _, err = evaluate(*flags, f"--pictures={tmp_path}/pictures")
    assert status == 0, err
    assert "trajectory_street.png" in files(tmp_path / "pictures")


def test_a_size_that_the_flow_network_cannot_take_is_refused(evaluate, run_dir, street):
    flags = f"--run_dir={run_dir}", "--task=flow", f"--data={street}"
    assert_one_line(evaluate(*flags, "--height=50", "--width=96"), "multiples of 32", "50 x 96")


def test_a_test_sets_flow_is_written_as_its_server_wants_it(evaluate, run_dir, street, tmp_path):
    testing = tmp_path / "kitti/testing/image_2"
    testing.mkdir(parents=True)
    for number in (10, 11):
        image = read_rgb(street / f"images/0000{number - 10:02d}.png")
        write_rgb(testing / f"000004_{number}.png", image)
    flags = f"--run_dir={run_dir}", "--task=flow", f"--data={tmp_path}/kitti"
    submission = f"--submission={tmp_path}/out"
    status, out, err = evaluate(*flags, submission)
    assert (status, out) == (0, f"Wrote the flow of 1 pairs to {tmp_path}/out.\n"), err
    flow, valid = read_flow(tmp_path / "out/000004_10.png")
    assert flow.shape == (48, 96, 2)
    assert valid.all()
    assert_one_line(evaluate(*flags, submission), f"{tmp_path}/out: expected a new path")
    assert_one_line(evaluate(*flags), "expected pairs with true flow")


def test_missing_test_images_are_reported_clearly(evaluate, run_dir, tmp_path):
    drive, _, frame = kitti_splits.eigen_test()[0]
    write_raw_tree(tmp_path / "raw", synthetic.render_clip(0, 1, 48, 96), drive, [frame])
    flags = f"--run_dir={run_dir}", "--task=depth", f"--data={tmp_path}/raw"
    status, out, err = evaluate(*flags)
    assert status == 0, err
    assert "MISSING: 696 of the 697 images of kitti_eigen." in out
    assert "MISSING: 696 of the 697" in err


def test_flags_that_contradict_the_task_are_refused(evaluate, run_dir, street, tmp_path):
    flags = f"--run_dir={run_dir}", f"--data={street}"
    contradictions = (
        ("flow", "--frames=0:2"),
        ("flow", "--improved_depth=x"),
        ("odometry", "--crop=none"),
        ("depth", f"--submission={tmp_path}/out"),
        ("depth", "--height=64"),
    )
    for task, flag in contradictions:
        name = flag.partition("=")[0]
        expected = f"Expected no {name} with --task={task}"
        assert_misused(evaluate(*flags, f"--task={task}", flag), expected)
    assert_misused(
        evaluate(*flags, "--task=stereo"), "<depth|flow|odometry|scene_flow|moving_objects>"
    )
    assert_misused(evaluate(*flags), "--task")
    flow = (*flags, "--task=flow")
    assert_misused(evaluate(*flow, "--height=64"), "Expected --height and --width together")
    both = "--submission=x", "--output=y"
    assert_misused(evaluate(*flow, *both), "Expected no --output or --pictures with --submission")
