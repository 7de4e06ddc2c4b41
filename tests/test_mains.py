"""train, evaluate and predict as their users run them: whole results, or one clear line."""

import functools
import json
import shutil

import cv2
import keras
import numpy as np
import pytest
from main_endings import assert_misused

from dfnet_tf.config import preset
from dfnet_tf.data import clip, synthetic, video
from dfnet_tf.model import DFNet
from dfnet_tf.training import checkpoints, loop, schedule

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
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    keras.utils.set_random_seed(0)
    model = DFNet(CONFIG)
    model.build()
    schedule.compile_model(model)
    checkpoints.save(model, folder)
    loop.claim(folder, CONFIG)
    return folder


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
    assert_misused(train(street, "--precision=float16"), "<float32|mixed_bfloat16>")
    assert_misused(train(street, "extra"), "Expected flags alone. Received: extra.")
    assert_misused(train(street, "--hight=32"), "Unknown command line flag 'hight'")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("frame", [0, NUM_FRAMES - 1])  # Met when opened; when trained on.
def test_a_truncated_image_is_named(train, street, tmp_path, frame):
    path = street / f"images/{frame:06d}.png"
    truncate(path)
    assert_one_line(train(street), f"train: {path}: expected an image file")
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


# Evaluate.


@pytest.mark.parametrize(
    ("task", "groups", "num_samples"),
    [
        ("depth", {"80m", "80m_unscaled", "50m", "50m_unscaled"}, NUM_FRAMES),
        ("flow", {"occ"}, NUM_FRAMES - 1),
        ("odometry", {"snippet", "trajectory"}, NUM_FRAMES - 5 + 1),
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


def test_frames_and_crop_choose_what_is_judged(evaluate, run_dir, street, tmp_path):
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
        ("depth", "true depth (depth/*.png)"),
        ("flow", "pairs with true flow"),
        ("odometry", "poses.txt and 5 or more frames"),
    ],
)
def test_data_without_truth_are_refused(evaluate, run_dir, street, tmp_path, task, expected):
    shutil.rmtree(street / "depth")
    shutil.rmtree(street / "flow")
    (street / "poses.txt").unlink()
    arguments = f"--run_dir={run_dir}", f"--task={task}", f"--output={tmp_path}/results.json"
    assert_one_line(evaluate(*arguments, f"--data={street}"), expected)
    assert_one_line(evaluate(*arguments, f"--data={tmp_path}/none"), "no such folder")
    assert files(tmp_path) == ["street"]


@pytest.mark.parametrize("frames", ["abc", "3", "5:2", "3:3", "-1:4", "1:", "1.5:4"])
def test_frames_are_first_and_end(evaluate, run_dir, street, frames):
    flags = f"--run_dir={run_dir}", "--task=depth", f"--data={street}", f"--frames={frames}"
    assert_misused(evaluate(*flags), f"Expected --frames=first:end. Received: {frames}.")


def test_flags_that_contradict_the_task_are_refused(evaluate, run_dir, street):
    flags = f"--run_dir={run_dir}", f"--data={street}"
    for task, flag in (("flow", "--frames=0:2"), ("odometry", "--crop=none")):
        name = flag.partition("=")[0]
        expected = f"Expected no {name} with --task={task}"
        assert_misused(evaluate(*flags, f"--task={task}", flag), expected)
    assert_misused(evaluate(*flags, "--task=stereo"), "<depth|flow|odometry>")
    assert_misused(evaluate(*flags), "--task")


# Predict.


def write_video(path, num_frames=4):
    rng = np.random.default_rng(0)
    with video.VideoWriter(path, 10) as writer:
        for _ in range(num_frames):
            writer.add(rng.integers(0, 255, (48, 96, 3), np.uint8))
    return path


def assert_predicted(folder, num_frames):
    """Everything that predict documents is there, for every frame."""
    names = [f"{i:06d}" for i in range(num_frames)]
    assert files(folder) == [".dfnet_output", "arrays", "depth", "flow", "panel.mp4"]
    assert files(folder / "depth") == [f"{name}.png" for name in names]
    assert files(folder / "flow") == [f"{name}.png" for name in names[:-1]]
    assert files(folder / "arrays") == [f"{name}.npz" for name in names]
    for name in names:
        arrays = dict(np.load(folder / f"arrays/{name}.npz"))
        shapes = {"disparity": (HEIGHT, WIDTH)}
        if name != names[-1]:
            shapes |= {"flow": (HEIGHT, WIDTH, 2), "next_from_frame": (4, 4)}
        assert {key: value.shape for key, value in arrays.items()} == shapes
        assert all(np.isfinite(value).all() for value in arrays.values())
        assert clip.read_rgb(folder / f"depth/{name}.png").shape == (HEIGHT, WIDTH, 3)
    with video.VideoReader(folder / "panel.mp4") as panels:
        assert len(list(panels)) == num_frames


def test_an_image_is_predicted(predict, run_dir, street, tmp_path):
    status, out, err = predict(run_dir, street / "images/000002.png")
    assert status == 0, err
    assert out == f"Wrote 1 frames to {tmp_path}/out.\n"
    assert_predicted(tmp_path / "out", 1)


def test_a_folder_of_images_is_predicted_and_predicted_again(predict, run_dir, street, tmp_path):
    assert predict(run_dir, street / "images")[0] == 0
    assert_predicted(tmp_path / "out", NUM_FRAMES)
    (street / "images/000005.png").unlink()
    status, _, err = predict(run_dir, street, "--overwrite")  # A clip folder.
    assert status == 0, err
    assert_predicted(tmp_path / "out", NUM_FRAMES - 1)


def test_a_video_is_predicted(predict, run_dir, tmp_path):
    status, _, err = predict(run_dir, write_video(tmp_path / "drive.mp4"))
    assert status == 0, err
    assert_predicted(tmp_path / "out", 4)


def test_what_cannot_be_read_leaves_nothing(predict, run_dir, tmp_path):
    def refused(path, expected):
        assert_one_line(predict(run_dir, path), path, expected)
        assert not (tmp_path / "out").exists()

    refused(tmp_path / "none.mp4", "Received: no such path")
    refused(tmp_path / "none", "Received: no such path")
    (tmp_path / "notes.txt").write_text("no video")
    refused(tmp_path / "notes.txt", "expected a video that OpenCV can decode")
    truncate(write_video(tmp_path / "half.mp4"))  # Its index was at the end.
    refused(tmp_path / "half.mp4", "expected a video that OpenCV can decode")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "expected a folder of images")
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
