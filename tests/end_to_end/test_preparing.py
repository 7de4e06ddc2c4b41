"""Complete preparations: films, data sets, and a power cut in between."""

import functools
import json
import subprocess
import sys
from pathlib import Path

import dataset_trees
import kitti_tree
import numpy as np
import pytest
from folder_contents import contents

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.sources import synthetic

ROOT = Path(__file__).parents[2]
FOV = "--fov_degrees=90"


@pytest.fixture
def prepare(run_main):
    return functools.partial(run_main, "dfnet_tf.prepare")


def write_street(path, seed=0, num_frames=6):
    """A film of a rendered street."""
    with video.VideoWriter(path, 10) as writer:
        for image in synthetic.render_clip(seed, num_frames, 48, 96).images:
            writer.add(image)
    return path


def test_several_videos_become_a_clip_each_whatever_the_workers(prepare, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for seed, name in enumerate(("walk 2.mp4", "walk 10.mp4", "drive.mp4")):
        write_street(films / name, seed)
    other = write_street(tmp_path / "other.mp4", 3)
    inputs = f"--input={films}", f"--input={other}"
    for workers in (1, 3):
        output = f"--output={tmp_path}/{workers}"
        status, out, _ = prepare("--source=video", *inputs, FOV, output, f"--workers={workers}")
        assert status == 0
        assert "Wrote 4 clips, 24 of 24 frames" in out
        assert len(read_clips(tmp_path / str(workers))) == 4
    assert contents(tmp_path / "1") == contents(tmp_path / "3")


def test_a_film_is_split_at_its_cut(prepare, tmp_path):
    film = tmp_path / "film.mp4"
    with video.VideoWriter(film, 10) as writer:
        for seed in (0, 1):
            for image in synthetic.render_clip(seed, 5, 48, 160).images:
                writer.add(image)
    assert prepare("--source=video", f"--input={film}", FOV, f"--output={tmp_path}/c")[0] == 0
    clips = read_clips(tmp_path / "c")
    assert [(clip.folder.name, len(clip)) for clip in clips] == [("film_00", 5), ("film_01", 5)]


def test_another_calibration_starts_again(prepare, tmp_path, monkeypatch):
    """An interrupted command resumes only with the intrinsics of its first clips."""
    film = write_street(tmp_path / "a.mp4")
    calibration = tmp_path / "k.txt"
    calibration.write_text("80 0 40\n0 70 20\n0 0 1\n")
    other = write_street(tmp_path / "b.mp4", 1)
    command = "--source=video", f"--intrinsics={calibration}", f"--output={tmp_path}/c"
    read = video.VideoReader.timed

    def interrupt(self):
        if self.path == other:
            raise KeyboardInterrupt
        return read(self)

    inputs = f"--input={film}", f"--input={other}", "--workers=1"
    with monkeypatch.context() as patch:
        patch.setattr(video.VideoReader, "timed", interrupt)
        prepare(*command, *inputs)
    assert (tmp_path / ".c.partial").exists()
    calibration.write_text("90 0 40\n0 90 20\n0 0 1\n")
    status, out, _ = prepare(*command, *inputs)
    assert status == 0
    assert "Resuming" not in out
    assert {clip.intrinsics[0, 0] for clip in read_clips(tmp_path / "c")} == {90}


DYING = """
import os, runpy, signal
from dfnet_tf.data.clip_writer import ClipWriter

add, frames = ClipWriter.add, []

def dying_add(*args, **more):
    frames.append(1)
    if len(frames) == 16:
        os.kill(os.getpid(), signal.SIGKILL)
    add(*args, **more)

ClipWriter.add = dying_add
runpy.run_module("dfnet_tf.prepare", run_name="__main__", alter_sys=True)
"""


def test_killed_work_resumes_and_makes_the_same_clips(prepare, tmp_path):
    for seed, name in enumerate("abc"):
        write_street(tmp_path / f"{name}.mp4", seed)
    command = [f"--input={tmp_path}/{name}.mp4" for name in "abc"]
    command += ["--source=video", FOV, "--workers=1", "--width=64", "--height=32"]
    python = [sys.executable, "-c", DYING, *command, f"--output={tmp_path}/killed"]
    killed = subprocess.run(python, cwd=ROOT, capture_output=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    assert not (tmp_path / "killed").exists()
    status, out, _ = prepare(*command, f"--output={tmp_path}/killed")
    assert status == 0
    assert "Resuming: 2 of 3 recordings are finished." in out
    prepare(*command, f"--output={tmp_path}/whole")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
    assert len(read_clips(tmp_path / "whole")) == 3
    assert not list(tmp_path.glob(".*"))


def test_every_data_set_becomes_clips_with_its_own_truth(prepare, tmp_path):
    street = synthetic.render_clip(0, 6, 48, 160)
    kitti_tree.write_raw_tree(tmp_path / "raw", street, numbers=(0, 1, 2, 5, 6, 7))
    kitti_tree.write_odometry_tree(tmp_path / "odometry", street, "04")
    dataset_trees.write_cityscapes_tree(tmp_path / "cityscapes", street)
    dataset_trees.write_tum_tree(tmp_path / "freiburg1_desk", synthetic.render_clip(0, 3, 48, 64))

    def clips_of(source, folder, *more):
        output = tmp_path / "clips" / source
        command = f"--source={source}", f"--input={tmp_path / folder}", f"--output={output}"
        status, _, err = prepare(*command, *more)
        assert status == 0, err
        return read_clips(output)

    raw = clips_of("kitti_raw", "raw")
    assert [len(clip) for clip in raw] == [3, 3, 3, 3]  # Two cameras, frames 3 and 4 missing.
    np.testing.assert_allclose(raw[0].intrinsics, street.intrinsics, rtol=1e-5)

    (odometry,) = clips_of("kitti_odometry", "odometry", "--sequences=04", "--frame_step=2")
    moves = np.linalg.inv(odometry.poses()[0]) @ odometry.poses()
    true_moves = np.linalg.inv(street.camera_to_world[0]) @ street.camera_to_world[::2]
    np.testing.assert_allclose(moves, true_moves, atol=1e-6)

    (snippet,) = clips_of("cityscapes", "cityscapes")
    assert snippet.size == (36, 160)  # Without the lower quarter.
    np.testing.assert_allclose(snippet.intrinsics, street.intrinsics, rtol=1e-3)

    (desk,) = clips_of("tum_rgbd", "freiburg1_desk", "--width=64", "--height=32")
    assert (desk.size, desk.depth(0).shape) == ((32, 64), (320, 640))
    assert desk.poses().shape == (3, 4, 4)


def test_excluded_frames_are_counted_by_reason(prepare, tmp_path):
    street = synthetic.render_clip(0, 8, 32, 64)
    kitti_tree.write_raw_tree(tmp_path / "raw", street, standing=(3,))
    command = "--source=kitti_raw", f"--input={tmp_path / 'raw'}", f"--output={tmp_path}/c"
    status, out, _ = prepare(*command)
    assert status == 0
    assert "14 of 16 frames (2 " in out
    both = prepare(*command, "--split=all", "--overwrite")[1]
    assert "16 of 16 frames (nothing dropped)" in both
    refused = prepare(*command, "--split=half", "--overwrite")
    assert refused[0] == 1
    assert "eigen_train" in refused[2]


def test_records_hold_the_same_clips(prepare, tmp_path):
    film = write_street(tmp_path / "a.mp4")
    for kind, more in (("clips", ()), ("tfrecord", ("--format=tfrecord", "--num_shards=1"))):
        command = "--source=video", f"--input={film}", "--intrinsics=estimate", *more
        status, out, err = prepare(*command, f"--output={tmp_path / kind}")
        assert status == 0, err
        assert "Wrote 1 clip, 6 of 6 frames" in out
        assert (tmp_path / kind / "dataset.json").exists()
    (clip,), (record,) = (read_clips(tmp_path / kind) for kind in ("clips", "tfrecord"))
    assert record.intrinsics_guessed
    np.testing.assert_array_equal(record.intrinsics, clip.intrinsics)
    for i in range(6):
        np.testing.assert_array_equal(record.image(i), clip.image(i))
    assert not list(tmp_path.glob(".*"))


def test_an_unknown_camera_is_guessed_and_marked(prepare, tmp_path):
    source = write_street(tmp_path / "a.mp4")
    output = f"--output={tmp_path}/c"
    status, out, _ = prepare("--source=video", f"--input={source}", "--intrinsics=estimate", output)
    assert status == 0
    assert out.endswith(f"--data={tmp_path}/c --run_dir=runs/c --intrinsics=learned\n")
    (clip,) = read_clips(tmp_path / "c")
    np.testing.assert_allclose(clip.intrinsics[0], [48 / np.tan(np.radians(30)), 0, 47.5])
    assert (clip.folder / "intrinsics.txt").read_text().startswith("# guessed")
    dataset = json.loads((tmp_path / "c" / "dataset.json").read_text())
    assert dataset["recordings"][0]["clips"][0]["intrinsics_from"].startswith("guessed")


def test_dataset_json_says_what_was_read_kept_and_dropped(prepare, tmp_path):
    images = tmp_path / "walk" / "images"
    images.mkdir(parents=True)
    for i, image in enumerate(synthetic.render_clip(0, 7, 48, 96).images):
        write_rgb(images / f"{i:03d}.png", image)
    (images / "003.png").write_text("no image")
    size = "--height=32", "--width=64"
    output = f"--output={tmp_path}/c"
    assert prepare("--source=images", f"--input={images}", FOV, *size, output)[0] == 0
    dataset = json.loads((tmp_path / "c" / "dataset.json").read_text())
    (recording,) = dataset["recordings"]
    clips = recording.pop("clips")
    assert recording == {
        "name": "walk",
        "frames_read": 7,
        "frames_kept": 6,
        "dropped": {"cannot be decoded": 1},
    }
    assert [(c["name"], c["frames"]) for c in clips] == [("walk_00", 3), ("walk_01", 3)]
    assert (clips[0]["height"], clips[0]["width"]) == (32, 64)
    for entry, clip in zip(clips, read_clips(tmp_path / "c"), strict=True):
        np.testing.assert_allclose(entry["intrinsics"], clip.intrinsics, rtol=1e-6)
        assert entry["intrinsics_from"] == "field of view of 90 degrees"
    settings = dataset["settings"]
    assert settings["input"] == [str(images)]
    assert (settings["source"], settings["height"], settings["min_frames"]) == ("images", 32, 3)
