"""Every reader of untrusted files, with a valid file for each, and ways to break files.

`test_fuzz_readers.py` breaks files at random, `fuzz_readers.py` with the guidance of coverage.
"""

import contextlib
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import scipy.io
from hypothesis import strategies as st

from dfnet_tf.config import Config, ConfigError
from dfnet_tf.data import tfrecord_writer
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import flo_files, video
from dfnet_tf.data.files.film_files import VideoError
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.truth_files import read_depth, read_flow
from dfnet_tf.data.preparation import given_camera
from dfnet_tf.data.sources import cityscapes, kitti, kitti_files, tum
from dfnet_tf.data.truth import make3d, velodyne
from dfnet_tf.presets import preset

SIZE = 12, 24
IMAGE = np.arange(3 * 12 * 24, dtype=np.uint8).reshape(*SIZE, 3)
INTRINSICS = np.array([[20.0, 0, 11.5], [0, 20.0, 5.5], [0, 0, 1]])


class Reader(NamedTuple):
    """`write` writes valid files to a folder; `read` reads them after `file` was broken."""

    write: Callable[[Path], None]
    file: str
    read: Callable[[Path], object]


def written(file: str, content: str | bytes) -> Callable[[Path], None]:
    def write(folder):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def encoded(suffix: str, image: np.ndarray) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def one_file(content: str | bytes, file: str, read: Callable[[Path], object]) -> Reader:
    return Reader(written(file, content), file, lambda folder: read(folder / file))


# Calibrations.

P_RECT = "721.5 0 609.6 44.9 0 721.5 172.9 0.2 0 0 1 0.003"
CAM_TO_CAM = "R_rect_00: 1 0 0 0 1 0 0 0 1\n" + "".join(
    f"S_rect_{i}: 1242 375\nP_rect_{i}: {P_RECT}\n" for i in ("02", "03")
)
VELO_TO_CAM = "calib_time: 15-Mar-2012\nR: 0 -1 0 0 0 -1 1 0 0\nT: 0.01 -0.07 -0.27\n"
CITY_IMAGE = "leftImg8bit_sequence/train/a/a_000000_000000_leftImg8bit.png"
CITY_CAMERA = "camera/train/a/a_000000_000019_camera.json"
CITY_JSON = (
    '{"extrinsic": {"baseline": 0.2}, '
    '"intrinsic": {"fx": 2262.5, "fy": 2265.3, "u0": 1096.9, "v0": 513.1}}'
)
COLMAP = "# Camera list\n1 OPENCV 24 12 20 20 12 6 -0.2 0.05 0.001 0\n"
OPENCV = (
    "%YAML:1.0\n---\nimage_width: 24\nimage_height: 12\n"
    "camera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
    "   data: [ 20., 0., 11.5, 0., 20., 5.5, 0., 0., 1. ]\n"
    "distortion_coefficients: !!opencv-matrix\n   rows: 5\n   cols: 1\n   dt: d\n"
    "   data: [ -0.2, 0.05, 0., 0., 0.001 ]\n"
)
KALIBR = (
    "cam0:\n  camera_model: pinhole\n  distortion_coeffs: [-0.01, 0.02, -0.003, 0.001]\n"
    "  distortion_model: equidistant\n  intrinsics: [20, 20, 11.5, 5.5]\n  resolution: [24, 12]\n"
)


def write_kitti_day(folder: Path) -> None:
    written("calib_cam_to_cam.txt", CAM_TO_CAM)(folder)
    written("calib_velo_to_cam.txt", VELO_TO_CAM)(folder)


def write_city(folder: Path) -> None:
    written(CITY_IMAGE, encoded(".png", IMAGE))(folder)
    written(CITY_CAMERA, CITY_JSON)(folder)


def read_scan(folder: Path) -> object:
    """The depth map of the scan and its calibration, in a small image."""
    points = velodyne.read_points(folder / "0.bin")
    return velodyne.depth_map(points, INTRINSICS, np.eye(4), SIZE)


def read_given_camera(path: Path) -> object:
    return given_camera.from_file(path).intrinsics(SIZE)


# Poses.

POSES = "1 0 0 0.5 0 1 0 -0.5 0 0 1 1.25\n" * 3
TRUTH = "# timestamp tx ty tz qx qy qz qw\n" + "".join(
    f"130503{i}.0 1.25 0.5 -0.5 0 0 0.6 0.8\n" for i in range(3)
)


def write_tum(folder: Path) -> None:
    for i in range(3):
        written(f"rgb/{i}.png", encoded(".png", np.zeros((480, 640), np.uint8)))(folder)
    written("rgb.txt", "".join(f"130503{i}.0 rgb/{i}.png\n" for i in range(3)))(folder)
    written("groundtruth.txt", TRUTH)(folder)


def read_tum(folder: Path) -> object:
    return [recording.num_frames for recording in tum.recordings(folder)]


# Clips, in files and in records.


def write_clip(folder: Path) -> None:
    with ClipWriter(folder / "clip", image_type="png") as writer:
        writer.intrinsics = INTRINSICS
        for i in range(3):
            depth, flow = np.full(SIZE, 2.5), np.full((*SIZE, 2), 1.5)
            writer.add(IMAGE + i, depth, flow, pose=np.eye(4))


def write_records(folder: Path) -> None:
    write_clip(folder)
    tfrecord_writer.write_records(folder / "clip", folder / "records", 1)


def read_all(folder: Path) -> object:
    """Every frame of every clip, with all its data."""
    return [
        (one.intrinsics, one.poses(), one.image(i), one.depth(i), one.flow(i))
        for one in read_clips(folder)
        for i in range(len(one))
    ]


def write_film(folder: Path) -> None:
    with video.VideoWriter(folder / "film.mp4", 10) as writer:
        for i in range(4):
            writer.add(np.full((16, 32, 3), 50 * i, np.uint8))


def read_film(folder: Path) -> object:
    with video.VideoReader(folder / "film.mp4") as reader:
        return [seconds for seconds, _ in reader.timed()]


def write_mat(folder: Path) -> None:
    scipy.io.savemat(folder / "a.mat", {"Position3DGrid": np.ones((55, 305, 4), "float32")})


def write_packed_mat(folder: Path) -> None:
    scipy.io.savemat(folder / "a.mat", {"Position3DGrid": np.ones((5, 5, 4))}, do_compression=True)


CONFIG = json.dumps(preset("tiny").to_dict())
FLO = b"PIEH" + struct.pack("<2i", 6, 4) + np.arange(48, dtype="<f4").tobytes()
SCAN = np.random.default_rng(0).uniform(-9, 9, (20, 4)).astype("<f4").tobytes()
DEPTH = encoded(".png", np.arange(288, dtype=np.uint16).reshape(SIZE) * 200)
FLOW = encoded(".png", np.arange(864, dtype=np.uint16).reshape(*SIZE, 3) * 70)
SHARD = "records/train-00000-of-00001.tfrecord"

READERS = {
    "KITTI's cameras": Reader(write_kitti_day, "calib_cam_to_cam.txt", kitti.raw_calibration),
    "KITTI's scanner": Reader(write_kitti_day, "calib_velo_to_cam.txt", kitti.raw_calibration),
    "KITTI's projection": one_file(
        f"P0: {P_RECT}\nP2: {P_RECT}\n",
        "calib.txt",
        lambda path: kitti_files.read_projection(path, "P2"),
    ),
    "KITTI's poses": one_file(POSES, "00.txt", lambda path: kitti_files.read_poses(path, 3)),
    "KITTI's speed": one_file("1.5 " * 30, "0.txt", kitti_files.read_speed),
    "KITTI's scan": Reader(written("0.bin", SCAN), "0.bin", read_scan),
    "Cityscapes' camera": Reader(write_city, CITY_CAMERA, cityscapes.recordings),
    "TUM's poses": Reader(write_tum, "groundtruth.txt", read_tum),
    "TUM's images": Reader(write_tum, "rgb.txt", read_tum),
    "a given camera": one_file("20 0 11.5\n0 20 5.5\n0 0 1\n", "k.txt", read_given_camera),
    "COLMAP's camera": one_file(COLMAP, "cameras.txt", read_given_camera),
    "OpenCV's camera": one_file(OPENCV, "camera.yml", read_given_camera),
    "Kalibr's camera": one_file(KALIBR, "camchain.yaml", read_given_camera),
    "a clip's camera": Reader(write_clip, "clip/intrinsics.txt", read_all),
    "a clip's poses": Reader(write_clip, "clip/poses.txt", read_all),
    "an index of records": Reader(
        write_records, "records/index.json", lambda folder: read_all(folder / "records")
    ),
    "a TFRecord": Reader(write_records, SHARD, lambda folder: read_all(folder / "records")),
    "settings": one_file(CONFIG, "config.json", Config.load),
    "a .flo file": one_file(FLO, "a.flo", flo_files.read_flo),
    "a flow PNG": one_file(FLOW, "flow.png", read_flow),
    "a depth PNG": one_file(DEPTH, "depth.png", read_depth),
    "a JPEG": one_file(encoded(".jpg", IMAGE), "image.jpg", read_rgb),
    "a WebP": one_file(encoded(".webp", IMAGE), "image.webp", read_rgb),
    "a TIFF": one_file(encoded(".tiff", IMAGE), "image.tiff", read_rgb),
    "a PPM": one_file(encoded(".ppm", IMAGE), "image.ppm", read_rgb),
    "a film": Reader(write_film, "film.mp4", read_film),
    "a BMP": one_file(encoded(".bmp", IMAGE), "image.bmp", read_rgb),
    "a .mat file": Reader(write_mat, "a.mat", lambda folder: make3d.read_depth(folder / "a.mat")),
    "a packed .mat file": Reader(
        write_packed_mat, "a.mat", lambda folder: make3d.read_depth(folder / "a.mat")
    ),
}

# What fuzzing found, one file for each new path through the code: the number of a reader in READERS
# (so new readers are appended), and the content of its file.
CORPUS = Path(__file__).parent / "fuzz_corpus"


def parsed(found: bytes) -> tuple[int, bytes] | None:
    """The number of the reader and the content of its file; None if there is no such reader."""
    return (found[0], found[1:]) if found and found[0] < len(READERS) else None


# What a reader may say of a broken file.

OWN_ERRORS = (
    ClipError,
    VideoError,
    kitti_files.KittiError,
    ConfigError,
    ValueError,
)  # Scans: the last.


class Refused(Exception):
    """The reader refused the file in the right form."""


@contextlib.contextmanager
def refusal_checked(folder: Path, file: str) -> Iterator[None]:
    """Raises Refused for a proper refusal; an AssertionError for another message."""
    try:
        yield
    except ValueError as error:
        said = str(error)
        assert type(error) in OWN_ERRORS, repr(error)
        assert str(folder / Path(file).parts[0]) in said, said  # The file or its clip.
        assert "xpected " in said and "Received: " in said, said
        assert len(said) < 1000, said
        raise Refused from error


# Ways to break files: each function changes `content` at `place`.

NUMBER = re.compile(rb"[-+]?\d[-+.\de]*")
TOKENS = [
    *(b"nan", b"inf", b"-inf", b"-1", b"0", b"1e999", b"1e308", b"1e-320", b"0x10", b"1_0"),
    *(b"9" * 20, b"9" * 400, b"9" * 5000, b"null", b"true", b"[]", b"{}", b'""', b'"a"', b"[[1]]"),
    *(b"[" * 2000, b"\n", b" ", b",", b"#", b":", b"..", b"../../x", b"/etc/passwd", b"\0"),
    *(b"\xff\xfe", b"\xc3", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"),
    *(b"\0" * 8, b"\x80" + b"\0" * 7, b"\0\0\x80\x7f", b"\0\0\xc0\x7f"),
]


def cut(content: bytes, place: int, _) -> bytes:
    return content[:place]


def inserted(content: bytes, place: int, token: bytes) -> bytes:
    return content[:place] + token + content[place:]


def overwritten(content: bytes, place: int, token: bytes) -> bytes:
    return content[:place] + token + content[place + len(token) :]


def left_out(content: bytes, place: int, token: bytes) -> bytes:
    return content[:place] + content[place + len(token) :]


def flipped(content: bytes, place: int, token: bytes) -> bytes:
    """One bit."""
    bit = 1 << len(token) % 8
    changed = bytes(byte ^ bit for byte in content[place : place + 1])
    return content[:place] + changed + content[place + 1 :]


def other_number(content: bytes, place: int, token: bytes) -> bytes:
    """The first number after `place`."""
    found = NUMBER.search(content, place)
    return content if found is None else content[: found.start()] + token + content[found.end() :]


CHANGES = (cut, inserted, overwritten, left_out, flipped, other_number, other_number)


def broken(valid: bytes) -> st.SearchStrategy[bytes]:
    """Files that hardly resemble a valid one, or not at all."""
    changes = st.tuples(
        st.sampled_from(CHANGES),
        st.integers(0, len(valid)),
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=4),
    )
    changed = st.lists(changes, min_size=1, max_size=3).map(lambda some: _changed(valid, some))
    return changed | st.binary(max_size=100)


def _changed(content: bytes, changes: list) -> bytes:
    for change, place, token in changes:
        content = change(content, place, token)
    return _with_checksums(content)


def _with_checksums(content: bytes) -> bytes:
    """Updates the checksums of a PNG's chunks; otherwise only the checksums would be tested."""
    if not content.startswith(b"\x89PNG"):
        return content
    parts, start = [content[:8]], 8
    while start + 12 <= len(content):
        end = start + 8 + int.from_bytes(content[start : start + 4], "big")
        chunk = content[start:end]
        parts += [chunk, struct.pack(">I", zlib.crc32(chunk[4:]))]
        start = end + 4
    return b"".join(parts) + content[start:]
