"""Untrusted files run no code, read or write no other files, and fit into memory."""

import json
import os
import pickle

import cv2
import h5py
import keras
import numpy as np
import pytest
from whole_inputs import CONFIG

from dfnet_tf.config import Config, ConfigError
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import flo_files, number_files, video
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.stored_bytes import MOST_BYTES, MOST_TEXT, Stored
from dfnet_tf.data.preparation import clip_making, framing, resumable_work
from dfnet_tf.data.sources import kitti_files, tum
from dfnet_tf.data.truth import velodyne
from dfnet_tf.program import outputs
from dfnet_tf.training import torch_file, untrusted_weights, weights_file

INTRINSICS = np.array([[20.0, 0, 11.5], [0, 20.0, 5.5], [0, 0, 1]])


def sparse(path, size):
    """A sparse file of so many zeros, which takes no disk space."""
    with open(path, "wb") as file:
        file.truncate(size)


@pytest.fixture
def folder(tmp_path):
    """A clip of three images."""
    with ClipWriter(tmp_path / "clip", image_type="png") as writer:
        writer.intrinsics = INTRINSICS
        for i in range(3):
            writer.add(np.full((12, 24, 3), i, np.uint8))
    return tmp_path / "clip"


# Files that never end, or do not fit.


@pytest.mark.parametrize("target", ["/dev/zero", "pipe"])
def test_a_link_to_something_endless_is_no_image(folder, target):
    os.mkfifo(folder / "pipe")
    (folder / "images/000000.png").unlink()
    (folder / "images/000000.png").symlink_to(folder / target)
    with pytest.raises(ClipError, match="000000.png: expected an image file"):
        read_rgb(folder / "images/000000.png")
    with pytest.raises(OSError, match="something else than a file"):
        Stored(folder / target).read()


@pytest.mark.parametrize(
    ("read", "size"),
    [
        (read_rgb, MOST_BYTES + 1),
        (number_files.read_numbers, MOST_TEXT + 1),
        (velodyne.read_points, velodyne.MOST_BYTES + 16),
        (flo_files.read_flo, 2**31),
        (lambda path: tum.recordings(path.parent), MOST_TEXT + 1),
        (lambda path: read_clips(path.parent / "records"), 2**30),
        (Config.load, 2**30),
    ],
)
def test_files_that_would_fill_the_memory_are_not_read(tmp_path, read, size):
    (tmp_path / "records").mkdir()
    for name in ("big", "rgb.txt", "records/index.json"):
        sparse(tmp_path / name, size)
    with pytest.raises((ValueError, OSError)) as error:
        read(tmp_path / "big")
    assert str(tmp_path) in str(error.value)


def test_a_resize_to_a_width_cannot_make_a_tower():
    with pytest.raises(ValueError, match="Received: 4000x400000"):
        framing.central_view((1000, 10), width=4000)


def test_a_film_with_frames_of_an_impossible_size_is_refused(tmp_path):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (1008, 8))
    writer.write(np.zeros((8, 1008, 3), np.uint8))
    writer.release()
    with pytest.raises(video.VideoError, match="a.avi: expected an image of .* 1008x8"):
        video.VideoReader(path)


def test_a_film_that_promises_frames_without_end_ends(tmp_path):
    with video.VideoWriter(tmp_path / "a.mp4", 10) as writer:
        for _ in range(3):
            writer.add(np.zeros((48, 96, 3), np.uint8))
    with video.VideoReader(tmp_path / "a.mp4") as reader:
        reader.num_frames = 2**60
        with pytest.raises(video.VideoError, match="damaged at frame 3"):
            list(reader)


def test_numbers_too_small_to_divide_by_make_no_camera(tmp_path):
    (tmp_path / "calib.txt").write_text("P2: 1e-320 0 5 45 0 1e-320 5 0 0 0 1 0")
    with pytest.raises(kitti_files.KittiError, match="calib.txt, P2: expected focal lengths"):
        kitti_files.read_projection(tmp_path / "calib.txt", "P2")


# Names of other files.


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.0,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile secret.mp4\n",
    ],
)
def test_a_film_that_is_a_list_of_others_is_refused(tmp_path, content):
    with video.VideoWriter(tmp_path / "secret.mp4", 10) as writer:
        writer.add(np.zeros((48, 96, 3), np.uint8))
    (tmp_path / "list.mp4").write_text(content)
    with pytest.raises(video.VideoError, match="list.mp4: expected a video"):
        video.VideoReader(tmp_path / "list.mp4")


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.png", "rgb/../../secret.png"])
def test_a_list_of_images_names_none_elsewhere(tmp_path, name):
    (tmp_path / "rgb.txt").write_text(f"1.0 {name}\n")
    with pytest.raises(ClipError, match="rgb.txt, line 1: expected a time stamp and a file"):
        tum.recordings(tmp_path)


@pytest.mark.parametrize("link", [".out.partial", ".out.partial/clips", ".out.partial/claim"])
def test_an_unfinished_folder_with_links_is_refused(tmp_path, link):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/kept.txt").touch()
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "mine")
    with pytest.raises(outputs.OutputError, match="Received: one with links"):
        resumable_work.produce([job([])], tmp_path / "out", {}, 1)
    assert (tmp_path / "mine/kept.txt").exists()


def job(made):
    def make(folder, _):
        made.append(1)
        with ClipWriter(folder / "drive") as writer:
            writer.intrinsics = INTRINSICS
            writer.add(np.zeros((12, 24, 3), np.uint8))
        entry = clip_making.clip_entry("drive", 1, (12, 24), INTRINSICS, "a test")
        return clip_making.recording_entry("drive", 1, {}, [entry])

    return resumable_work.Job("drive", 1, make)


@pytest.mark.parametrize(
    "entry",
    [
        *("", "{", "[" * 10**5, "7", "null", '{"clips": []}', "\0", '{"clips": [{"name": "/"}]}'),
        '{"clips": [], "frames_read": "a", "frames_kept": 1, "dropped": {}}',
        '{"clips": [], "frames_read": 1, "frames_kept": 1, "dropped": [1]}',
    ],
)
def test_a_recording_whose_entry_is_damaged_is_made_again(tmp_path, entry):
    (tmp_path / ".out.partial/recordings").mkdir(parents=True)
    (tmp_path / ".out.partial/settings.json").write_text("{}")
    (tmp_path / ".out.partial/recordings/drive.json").write_text(entry)
    made = []
    resumable_work.produce([job(made)], tmp_path / "out", {}, 1)
    assert made and len(read_clips(tmp_path / "out")) == 1


# Weights.


@pytest.fixture(scope="module")
def network():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


@pytest.fixture
def weights(network, tmp_path):
    network.save_weights(tmp_path / "a.weights.h5")
    return tmp_path / "a.weights.h5"


def link_outside(group, name):
    del group[name]
    group[name] = h5py.ExternalLink("secret.h5", "/secret")


def link_inside(group, name):
    del group[name]
    group[name] = h5py.SoftLink("/elsewhere")


def in_another_file(group, name):
    shape = group[name].shape
    del group[name]
    group.create_dataset(name, shape, "f4", external=[("secret.bin", 0, h5py.h5f.UNLIMITED)])


def virtual(group, name):
    shape = group[name].shape
    del group[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "secret", shape)
    group.create_virtual_dataset(name, layout)


def endless(group, name):
    del group[name]
    group.create_dataset(name, (10**6, 10**6), "f4")


def packed(group, name):
    del group[name]
    group.create_dataset(name, (10**4, 10**4), "f4", compression="gzip", chunks=(10**4, 10**4))


@pytest.mark.parametrize(
    "change", [link_outside, link_inside, in_another_file, virtual, endless, packed]
)
def test_weights_that_lie_elsewhere_or_nowhere_are_refused(network, weights, change):
    untrusted_weights.check(weights)
    weights_file.load(network, weights)
    with h5py.File(weights, "r+") as file:
        change(file["layers/dense/vars"], "0")
    with pytest.raises(ValueError, match="layers/dense/vars/0 is "):
        untrusted_weights.check(weights)
    with pytest.raises(weights_file.WeightsError, match="a.weights.h5: expected"):
        weights_file.load(network, weights)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_a_pickle_among_the_weights_runs_nothing(network, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.weights.h5").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(weights_file.WeightsError):
        weights_file.load(network, tmp_path / "a.weights.h5")
    (tmp_path / "a.pth").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(torch_file.TorchFileError):
        torch_file.read_tensors(tmp_path / "a.pth")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (2, 2), (10, -10)), (0, (10**9, 10**3), (0, 0)), (5, (9,), (-1,)), (-1, (2,), (1,))],
)
def test_a_tensor_stays_within_its_storage(offset, shape, strides):
    with pytest.raises(torch_file.TorchFileError, match="outside its storage"):
        torch_file._later(np.zeros(99, "f4"), offset, shape, strides)()


# Settings.


@pytest.mark.parametrize(
    "change",
    [
        {"height": 10**9},
        {"width": 96.0},
        {"num_frames": 10**6 + 1},
        {"batch_size": 10**12},
        {"flip": "yes"},
        {"contrast": float("nan")},
        {"max_scale": None},
        {"unknown": 1},
    ],
)
def test_settings_that_would_fill_the_memory_or_are_none_are_refused(tmp_path, change):
    settings = CONFIG.to_dict()
    settings["data"] |= change
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError, match="config.json. Received: "):
        Config.load(tmp_path / "config.json")


def test_settings_nested_without_end_are_refused(tmp_path):
    (tmp_path / "config.json").write_text("[" * 10**5)
    with pytest.raises(ConfigError, match="config.json. Received: "):
        Config.load(tmp_path / "config.json")
