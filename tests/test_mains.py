"""train, evaluate and predict as their users run them: whole results, or one clear line."""

import functools
import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from kitti_tree import write_raw_tree
from main_endings import assert_misused
from untrained_run import write_untrained_run

from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import ImageReader, read_rgb, write_rgb
from dfnet_tf.data.files.truth_files import read_flow
from dfnet_tf.data.sources import kitti_splits, synthetic
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, loop, schedule

pytestmark = pytest.mark.usefixtures("networks_built_once")

HEIGHT, WIDTH = 32, 64
CONFIG = preset("tiny").replace(
    data__height=HEIGHT,
    data__width=WIDTH,
    training__jit_loss=False,
    training__epochs=1,
    training__steps_per_epoch=2,
)
NUM_FRAMES = 6
TRAIN_FLAGS = (
    "--preset=tiny",
    f"--height={HEIGHT}",
    f"--width={WIDTH}",
    "--nojit_loss",
    "--epochs=1",
    "--steps_per_epoch=2",
)


@pytest.fixture(scope="module")
def street_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(synthetic.render_clip(0, NUM_FRAMES, 48, 96), folder)
    return folder


@pytest.fixture
def street(street_dir, tmp_path):
    """A rendered clip that a test may spoil."""
    return shutil.copytree(street_dir, tmp_path / "street")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run that was stopped before its first step."""
    return write_untrained_run(tmp_path_factory.mktemp("runs") / "tiny", CONFIG)


@pytest.fixture
def spoilt_run(run_dir, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(run_dir, tmp_path / "run")


@pytest.fixture
def train(run_main, tmp_path):
    """Trains on `data`; the run folder is tmp_path/new."""

    def run(data, *flags):
        return run_main(
            "dfnet_tf.train", f"--data={data}", f"--run_dir={tmp_path}/new", *TRAIN_FLAGS, *flags
        )

    return run


@pytest.fixture
def evaluate(run_main):
    return functools.partial(run_main, "dfnet_tf.evaluate")


@pytest.fixture
def predict(run_main, tmp_path):
    """Predicts `source`; the output folder is tmp_path/out."""

    def run(run_dir, source, *flags):
        return run_main(
            "dfnet_tf.predict",
            f"--run_dir={run_dir}",
            f"--input={source}",
            f"--output={tmp_path}/out",
            *flags,
        )

    return run


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def assert_one_line(result, *expected):
    """The main ended with status 1 and one line on stderr that has `expected` in it."""
    status, _, err = result
    assert (status, err.count("\n")) == (1, 1), err
    assert "Received: " in err
    for text in expected:
        assert str(text) in err


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


# Train.


def test_settings_or_clips_that_cannot_work_leave_no_run_folder(train, street, tmp_path):
    def refused(data, flag, *expected):
        assert_one_line(train(data, flag), *expected)
        assert not (tmp_path / "new").exists()

    refused(tmp_path / "none", "--seed=0", f"train: {tmp_path}/none: expected a clip folder")
    refused(street, "--num_frames=7", "a clip of at least 7 frames", f"{street} (6 frames)")
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
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
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
    (config, _, _, init_from, _), *_ = calls
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


# What evaluate and predict ask of a run.


@pytest.fixture(params=["evaluate", "predict"])
def use_run(request, street, tmp_path):
    """Runs evaluate or predict on a run folder; nothing may be left of either."""
    main = request.getfixturevalue(request.param)
    if request.param == "predict":
        return lambda folder: main(folder, street)
    output = f"--output={tmp_path}/out"
    return lambda folder: main(f"--run_dir={folder}", "--task=depth", f"--data={street}", output)


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


# Predict.


def write_video(path, num_frames=4):
    rng = np.random.default_rng(0)
    with video.VideoWriter(path, 10) as writer:
        for _ in range(num_frames):
            writer.add(rng.integers(0, 255, (48, 96, 3), np.uint8))
    return path


def assert_predicted(folder, num_frames, with_world=False):
    """Everything that predict documents is there, for every frame."""
    names = [f"{i:06d}" for i in range(num_frames)]
    world = ["moving", "object_motion", "rigid_flow", "rotation_flow", "translation_flow"]
    onward = ["flow", *(world if with_world else [])]
    path = ["trajectory.png", "trajectory_kitti.txt", "trajectory_tum.txt"]
    expected = [".dfnet_output", "depth", "metadata.json", "panel.mp4", "raw", *onward, *path]
    assert files(folder) == sorted(expected)
    assert files(folder / "depth") == [f"{name}.jpg" for name in names]
    assert files(folder / "raw") == [f"{name}.npz" for name in names]
    for kind in onward:
        suffix = "png" if kind == "moving" else "jpg"
        assert files(folder / kind) == [f"{name}.{suffix}" for name in names[:-1]]
    for name in names:
        arrays = dict(np.load(folder / f"raw/{name}.npz"))
        assert set(json.loads(str(arrays.pop("units")))) == set(arrays)
        assert arrays["depth"].shape == (HEIGHT, WIDTH)
        assert ("scene_flow" in arrays) == (with_world and name != names[-1])
        assert all(np.isfinite(value).all() for value in arrays.values())
    with video.VideoReader(folder / "panel.mp4") as panels:
        assert len(list(panels)) == num_frames


def test_an_image_is_predicted(predict, run_dir, street, tmp_path):
    status, out, err = predict(run_dir, street / "images/000002.png", "--raw=none")
    assert status == 0, err
    assert out == f"Wrote 1 frames to {tmp_path}/out.\n"
    assert files(tmp_path / "out") == [".dfnet_output", "depth", "metadata.json", "panel.png"]


def test_constant_depth_is_told(predict, spoilt_run, street):
    model = checkpoints.load_trained(spoilt_run)
    for head in model.depth_net.heads:
        head.set_weights([np.zeros_like(weights) for weights in head.get_weights()])
    schedule.compile_model(model)
    checkpoints.save(model, spoilt_run)
    status, _, err = predict(spoilt_run, street / "images/000002.png")
    assert status == 0 and "Warning: depth is constant: it varies by at most 0.0%" in err


def test_a_pair_of_images_is_predicted(predict, run_dir, street, tmp_path):
    second = f"--input={street}/images/000003.png"
    flags = second, "--fov_degrees=80", "--raw=png", "--point_clouds=0,1"
    status, out, err = predict(run_dir, street / "images/000002.png", *flags)
    assert (status, out) == (0, f"Wrote 2 frames to {tmp_path}/out.\n"), err
    assert files(tmp_path / "out/depth") == ["000000.jpg", "000001.jpg"]
    assert files(tmp_path / "out/moving") == ["000000.png"]
    assert files(tmp_path / "out/point_clouds") == ["000000.ply", "000001.ply"]
    assert files(tmp_path / "out/raw/flow") == ["000000.png"]


def test_a_folder_of_images_is_predicted_and_predicted_again(predict, run_dir, street, tmp_path):
    status, out, _ = predict(run_dir, street / "images", "--raw=npz")
    assert status == 0
    assert "Without --fov_degrees or --intrinsics there is no rigid flow" in out
    assert_predicted(tmp_path / "out", NUM_FRAMES)
    (street / "images/000005.png").unlink()
    (street / "poses.txt").unlink()
    status, out, err = predict(run_dir, street, "--raw=npz", "--overwrite")  # A clip folder.
    assert (status, out) == (0, f"Wrote {NUM_FRAMES - 1} frames to {tmp_path}/out.\n"), err
    assert_predicted(tmp_path / "out", NUM_FRAMES - 1, with_world=True)


def test_a_video_is_predicted(predict, run_dir, tmp_path):
    status, _, err = predict(run_dir, write_video(tmp_path / "drive.mp4"), "--raw=npz")
    assert status == 0, err
    assert_predicted(tmp_path / "out", 4)


def test_chosen_frames_keep_their_numbers_and_times(predict, run_dir, tmp_path):
    film = write_video(tmp_path / "drive.mp4", num_frames=9)
    flags = "--frames=2:8", "--every=2", "--fov_degrees=80", "--point_clouds=4,5"
    status, out, err = predict(run_dir, film, *flags)
    assert (status, out) == (0, f"Wrote 3 frames to {tmp_path}/out.\n"), err
    assert files(tmp_path / "out/depth") == ["000002.jpg", "000004.jpg", "000006.jpg"]
    assert files(tmp_path / "out/point_clouds") == ["000004.ply"]
    times = np.loadtxt(tmp_path / "out/trajectory_tum.txt")[:, 0]
    np.testing.assert_allclose(times, [0.2, 0.4, 0.6])
    metadata = json.loads((tmp_path / "out/metadata.json").read_text())
    assert (metadata["frame_numbers"], metadata["frame_rate"]) == ([2, 4, 6], 5)
    beyond = predict(run_dir, film, "--frames=9:12", "--overwrite")
    assert_one_line(beyond, "Expected --frames that begin before the end of the input")


def test_flags_of_predict_that_contradict_are_refused(predict, run_dir, street, tmp_path):
    def refused(expected, *flags):
        assert_misused(predict(run_dir, street, *flags), expected)

    refused("Expected --fov_degrees or --intrinsics", "--fov_degrees=60", "--intrinsics=k.txt")
    refused("Received: 3 inputs", "--input=a.png", "--input=b.png")
    refused("<npz|png|none>", "--raw=exr")
    refused("Expected --frames=first:end. Received: 5:2.", "--frames=5:2")
    for frames in ("", "a", "5:2", "1:2:3:4", "0:9:0", "-1", "1,,2", "1:"):
        refused("Expected --point_clouds=first:end:step", f"--point_clouds={frames}")
    image = predict(run_dir, street / "images/000002.png", "--every=2")
    assert_one_line(image, "Expected a film or a folder with --frames or --every")
    clouds = predict(run_dir, street / "images", "--point_clouds=0:3")
    assert_one_line(clouds, "Expected --intrinsics or --fov_degrees with --point_clouds")
    viewer = predict(run_dir, street / "images", f"--rerun={tmp_path}/film.rrd")
    assert_one_line(viewer, "Expected --intrinsics or --fov_degrees with --rerun")
    assert files(tmp_path) == ["street"]


def test_an_interrupted_prediction_leaves_nothing(predict, run_dir, street, tmp_path, monkeypatch):
    read, count = ImageReader.read, itertools.count()

    def interrupted(reader, path):
        if next(count) == 3:
            raise KeyboardInterrupt
        return read(reader, path)

    monkeypatch.setattr(ImageReader, "read", interrupted)
    assert predict(run_dir, street / "images")[0] == 130
    assert files(tmp_path) == ["street"]


def test_what_cannot_be_read_leaves_nothing(predict, run_dir, tmp_path):
    def refused(path, expected):
        assert_one_line(predict(run_dir, path), path, expected)
        assert not (tmp_path / "out").exists()

    refused(tmp_path / "none.mp4", "Received: no such path")
    refused(tmp_path / "none", "Received: no such path")
    (tmp_path / "notes.txt").write_text("no video")
    refused(tmp_path / "notes.txt", "expected a video that FFmpeg can decode")
    truncate(write_video(tmp_path / "half.mp4"))  # Its index was at the end.
    refused(tmp_path / "half.mp4", "expected a video that FFmpeg can decode")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "expected a clip folder, with images/ (jpg, png ...")
    assert files(tmp_path) == ["empty", "half.mp4", "notes.txt"]


def test_a_video_that_breaks_off_leaves_nothing(predict, run_dir, tmp_path):
    path = tmp_path / "half.avi"
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (96, 48))
    for _ in range(16):
        writer.write(rng.integers(0, 255, (48, 96, 3), np.uint8))
    writer.release()
    truncate(path)
    assert_one_line(predict(run_dir, path), f"{path}: expected 16 frames", "damaged at frame ")
    assert files(tmp_path) == ["half.avi"]


def test_a_broken_image_among_others_leaves_nothing(predict, run_dir, street, tmp_path):
    truncate(street / "images/000003.png")
    assert_one_line(predict(run_dir, street), street / "images/000003.png", "an image file")
    assert files(tmp_path) == ["street"]


@pytest.fixture
def depth_run(spoilt_run):
    """A run of stage depth."""
    CONFIG.replace(training__stage="depth").save(spoilt_run / "config.json")
    return spoilt_run


def test_a_run_of_depth_alone_predicts_the_depth_of_a_film(predict, depth_run, tmp_path):
    film = write_video(tmp_path / "film.mp4")
    status, out, err = predict(depth_run, film, "--fov_degrees=60")
    assert status == 0, err
    assert "has no flow network, so only depth was predicted" in out
    assert files(tmp_path / "out") == [
        ".dfnet_output",
        "depth",
        "metadata.json",
        "panel.mp4",
    ]
    assert len(files(tmp_path / "out/depth")) == 4


def test_a_run_of_depth_alone_is_exported_without_a_flag(run_main, depth_run, tmp_path):
    arguments = f"--run_dir={depth_run}", f"--output={tmp_path}/models", "--quantization=float32"
    status, out, err = run_main("export.export_tflite", *arguments, "--nomeasure")
    assert status == 0, err
    assert "The run trained no flow: it is not exported." in out
    assert "depth_float32.tflite" in files(tmp_path / "models")
    assert "flow_float32.tflite" not in files(tmp_path / "models")
    both = run_main("export.export_tflite", *arguments, "--network=both", "--overwrite")
    assert_one_line(both, f"{depth_run}: expected a run that trained flow_net")
    one_file = run_main("export.export_tflite", *arguments, "--one_file")
    assert_one_line(one_file, "Expected a run that trained both with --one_file")


def test_the_rate_given_counts_before_the_times_that_names_tell(predict, run_dir, street, tmp_path):
    for i in range(NUM_FRAMES):
        image = street / f"images/{i:06d}.png"
        image.rename(street / f"images/{1305031102 + i / 4}.png")
    assert predict(run_dir, street, "--raw=none", "--fps=5")[0] == 0
    times = np.loadtxt(tmp_path / "out/trajectory_tum.txt")[:, 0]
    np.testing.assert_allclose(times, np.arange(NUM_FRAMES) / 5)


def test_unlikely_cameras_are_reported(train, evaluate, predict, run_dir, street, monkeypatch):
    monkeypatch.setattr(loop, "train", lambda *_: None)
    (street / "intrinsics.txt").write_text("30 0 23.5\n0 30 11.5\n0 0 1\n")  # Of half the size.
    expected = f"{street}/intrinsics.txt: the principal point (23.5, 11.5) is far from the middle"
    for status, _, err in (
        evaluate(f"--run_dir={run_dir}", "--task=odometry", f"--data={street}"),
        train(street),
        predict(run_dir, street, "--raw=none"),
    ):
        assert (status, expected in err) == (0, True), err
