"""Every data set from its own layout to numbers and pictures: prepare, train, evaluate, predict.

All data sets show the same rendered drive, so the content of each clip is known. One training run
learns from all of them.
"""

import json
import re

import cv2
import dataset_trees
import kitti_2015_tree
import kitti_tree
import numpy as np
import pytest

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.sources import kitti_splits, street, synthetic
from dfnet_tf.training import checkpoints

pytestmark = pytest.mark.usefixtures("networks_built_once")

HEIGHT, WIDTH = 32, 96
NUM_FRAMES = 6  # Of the drive.
STEPS, BATCH = 7, 4  # Each of the 26 windows of 3 frames once, and two more.
WHOLE = [[*range(NUM_FRAMES)]]
HALVES = [[0, 1, 2], [3, 4, 5]]
# The frames of the drive in the clips of each source, in the order of the clips' names.
CLIPS = {
    "kitti_raw": HALVES * 2,  # Two cameras; two frame numbers are missing between the halves.
    "kitti_odometry": WHOLE,
    "cityscapes": WHOLE,
    "tum_rgbd": WHOLE,
    "video": WHOLE,
    "images": HALVES,  # A broken image is between them.
    "records": WHOLE,
}
DROPPED = {"kitti_raw": {"missing frame": 4}, "images": {"cannot be decoded": 1}}


@pytest.fixture(scope="module")
def drive():
    return synthetic.render_clip(0, NUM_FRAMES, 48, WIDTH)


@pytest.fixture(scope="module")
def sources(drive, tmp_path_factory):
    """The flags that name each source's input, after writing it."""
    root = tmp_path_factory.mktemp("sources")
    kitti_tree.write_raw_tree(root / "raw", drive, numbers=(0, 1, 2, 5, 6, 7))
    kitti_tree.write_odometry_tree(root / "odometry", drive)
    dataset_trees.write_cityscapes_tree(root / "cityscapes", drive)
    desk = synthetic.render_clip(0, NUM_FRAMES, 72, WIDTH)
    dataset_trees.write_tum_tree(root / "freiburg1_desk", desk)
    with video.VideoWriter(root / "film.mp4", 10) as film:
        for image in drive.images:
            film.add(image)
    write_images(root / "walk", drive.images)
    np.savetxt(root / "k.txt", drive.intrinsics)
    inputs = {
        "kitti_raw": "raw",
        "kitti_odometry": "odometry",
        "cityscapes": "cityscapes",
        "tum_rgbd": "freiburg1_desk",
        "video": "film.mp4",
        "images": "walk",
    }
    flags = {name: [f"--source={name}", f"--input={root / path}"] for name, path in inputs.items()}
    flags["video"].append(f"--fov_degrees={street.FIELD_OF_VIEW}")
    flags["images"].append(f"--intrinsics={root}/k.txt")
    flags["records"] = [*flags["video"], "--format=tfrecord"]
    return flags


def write_images(folder, images):
    """Image files; the middle one is broken."""
    folder.mkdir()
    middle = len(images) // 2
    for i, image in enumerate(images):
        write_rgb(folder / f"{i + (i >= middle)}.png", image)
    (folder / f"{middle}.png").write_text("no image")


@pytest.fixture(scope="module")
def datasets(sources, run_main, tmp_path_factory):
    """The folder of each source's clips."""
    folders = {}
    for name, flags in sources.items():
        folders[name] = tmp_path_factory.mktemp("clips") / name
        size = f"--height={HEIGHT}", f"--width={WIDTH}"
        status, _, err = run_main(
            "dfnet_tf.prepare", *flags, *size, f"--output={folders[name]}", "--workers=1"
        )
        assert status == 0, err
    return folders


@pytest.fixture(scope="module")
def trained(datasets, run_main, tmp_path_factory):
    """A run on the clips of all sources, its output, and the folders from which it read images."""
    run_dir, seen = tmp_path_factory.mktemp("runs") / "all", set()
    read = Clip.image

    def noted(self, i):
        seen.add(self.folder.parent)
        return read(self, i)

    flags = "--preset=tiny", "--nojit_loss", "--epochs=1", f"--steps_per_epoch={STEPS}"
    size = f"--height={HEIGHT}", f"--width={WIDTH}", f"--batch_size={BATCH}"
    data = [f"--data={folder}" for folder in datasets.values()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Clip, "image", noted)
        end = run_main("dfnet_tf.train", *data, f"--run_dir={run_dir}", *flags, *size)
    return run_dir, end, seen


# Prepare.

GAP = 4  # Mean grey levels: film and JPEG leave 3, half a pixel in the intrinsics makes 6.


@pytest.mark.parametrize("source", CLIPS)
def test_the_summary_counts_what_is_there(datasets, source):
    clips = read_clips(datasets[source])
    assert [len(found) for found in clips] == [len(shown) for shown in CLIPS[source]]
    about = json.loads((datasets[source] / "dataset.json").read_text())
    totals, recordings = about["totals"], about["recordings"]
    assert totals["dropped"] == DROPPED.get(source, {})
    assert totals["frames_kept"] == sum(map(len, CLIPS[source]))
    for told in (totals, *recordings):
        assert told["frames_read"] == told["frames_kept"] + sum(told["dropped"].values())
    for count in ("frames_read", "frames_kept"):
        assert totals[count] == sum(recording[count] for recording in recordings)
    entries = [entry for recording in recordings for entry in recording["clips"]]
    assert (totals["clips"], totals["recordings"]) == (len(entries), len(recordings))
    for entry, found in zip(entries, clips, strict=True):
        assert (entry["name"], entry["frames"]) == (found.name, len(found))
        assert ((entry["height"], entry["width"]), found.size) == ((HEIGHT, WIDTH),) * 2
        np.testing.assert_allclose(entry["intrinsics"], found.intrinsics, rtol=1e-5)


@pytest.mark.parametrize("source", CLIPS)
def test_no_clip_has_a_hole_and_each_knows_its_camera(datasets, drive, source):
    """Each frame is the rendered frame, seen through the clip's own intrinsics."""
    for found, shown in zip(read_clips(datasets[source]), CLIPS[source], strict=True):
        to_clip = (found.intrinsics @ np.linalg.inv(drive.intrinsics))[:2]
        views = [cv2.warpAffine(grey(image), to_clip, (WIDTH, HEIGHT)) for image in drive.images]
        inside = cv2.warpAffine(np.ones((48, WIDTH)), to_clip, (WIDTH, HEIGHT)) == 1
        for i, place in enumerate(shown):
            gaps = [np.abs(grey(found.image(i)) - view)[inside].mean() for view in views]
            assert (np.argmin(gaps), min(gaps) < GAP) == (place, True)


def grey(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype("float32")


# Train.


def test_one_run_learns_from_every_source(trained, datasets):
    run_dir, (status, out, err), seen = trained
    assert status == 0, err
    lengths = [len(shown) for clips in CLIPS.values() for shown in clips]
    assert f"{len(lengths)} clips, {sum(lengths)} frames." in out
    assert seen == set(datasets.values())
    (checkpoint,) = checkpoints.all_checkpoints(run_dir)
    assert checkpoints.step_of(checkpoint) == STEPS
    losses = [float(value) for value in re.findall(r"loss: (\S+)", out)]
    assert losses and np.isfinite(losses).all()


# Evaluate.


@pytest.fixture(scope="module")
def benchmarks(drive, tmp_path_factory):
    """KITTI's test layouts: one image of Eigen's split, one pair of 2015."""
    root = tmp_path_factory.mktemp("benchmarks")
    one = synthetic.render_clip(0, 1, 48, WIDTH)
    day_and_drive, _, frame = kitti_splits.eigen_test()[0]
    kitti_tree.write_raw_tree(root / "eigen", one, day_and_drive, [frame])
    kitti_2015_tree.write_2015_tree(root / "kitti2015", drive, drive.depth[0])
    return {"eigen": root / "eigen", "kitti2015": root / "kitti2015"}


@pytest.mark.parametrize(
    ("task", "data", "num_samples"),
    [
        ("depth", "eigen", 1),
        ("depth", "tum_rgbd", NUM_FRAMES),
        ("odometry", "tum_rgbd", NUM_FRAMES - 5 + 1),
        ("odometry", "kitti_odometry", NUM_FRAMES - 5 + 1),
        ("flow", "kitti2015", 1),
        ("scene_flow", "kitti2015", 1),
        ("moving_objects", "kitti2015", 1),
    ],
)
def test_truth_is_measured_against(
    trained, datasets, benchmarks, run_main, tmp_path, task, data, num_samples
):
    folder = {**datasets, **benchmarks}[data]
    flags = f"--run_dir={trained[0]}", f"--data={folder}", f"--output={tmp_path}/results.json"
    status, _, err = run_main("dfnet_tf.evaluate", f"--task={task}", *flags)
    assert status == 0, err
    results = json.loads((tmp_path / "results.json").read_text())
    assert next(iter(results["num_samples"].values())) == num_samples
    for who in ("ours", "trivial"):
        values = [value for metrics in results[who].values() for value in metrics.values()]
        known = [value for value in values if value is not None]
        assert known and np.isfinite(known).all()


# Predict.


@pytest.mark.parametrize("source", ["cityscapes", "records", "film"])
def test_what_was_trained_on_is_predicted(trained, datasets, sources, run_main, tmp_path, source):
    flags = sources["video"][1:] if source == "film" else [f"--input={datasets[source]}"]
    more = "--raw=npz", f"--output={tmp_path}/out"
    status, _, err = run_main("dfnet_tf.predict", f"--run_dir={trained[0]}", *flags, *more)
    assert status == 0, err
    metadata = json.loads((tmp_path / "out/metadata.json").read_text())
    assert metadata["frames"] == NUM_FRAMES
    if source != "film":
        (found,) = read_clips(datasets[source])
        np.testing.assert_allclose(metadata["intrinsics"], found.intrinsics)
    arrays = sorted((tmp_path / "out/raw").glob("*.npz"))
    assert len(arrays) == NUM_FRAMES
    for path in arrays:
        with np.load(path) as view:
            assert all(np.isfinite(view[name]).all() for name in view if name != "units")
