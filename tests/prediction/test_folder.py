"""The files of the views, read back, hold the views' content."""

import json

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.truth_files import read_depth, read_flow
from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction import folder as folders
from dfnet_tf.prediction import pictures, point_cloud
from dfnet_tf.prediction.depth_views import depth_views
from dfnet_tf.prediction.folder import PredictionFolder
from dfnet_tf.prediction.inputs import Input
from dfnet_tf.prediction.views import views

NUM_FRAMES = 3
HEIGHT, WIDTH = 24, 48
TIMES = 0.0, 0.2, 1.5  # With a pause, as in films of phones and screen recorders.


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(3, NUM_FRAMES, HEIGHT, WIDTH)


@pytest.fixture
def write(film, tmp_path):
    """Writes the views of the film into tmp_path, and returns them."""

    def run(raw="npz", clouds=(), num_frames=NUM_FRAMES, camera_height=None, **of_input):
        of_input = {"intrinsics": film.intrinsics, "frame_rate": 5.0, **of_input}
        images = film.images[:num_frames]
        timed = list(zip(TIMES, images, strict=False))
        source = Input(lambda: iter(timed), num_frames, (HEIGHT, WIDTH), **of_input)
        seen = list(views(TruePredictor(film), source.frames(), source.intrinsics))
        with PredictionFolder(tmp_path, source, raw, clouds, False, camera_height) as writer:
            for view in seen:
                writer.add(view)
        return seen

    return run


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_every_array_comes_back_and_says_its_unit(write, tmp_path):
    seen = write()
    for i, view in enumerate(seen):
        arrays = dict(np.load(tmp_path / f"raw/{i:06d}.npz"))
        units = json.loads(str(arrays.pop("units")))
        assert set(units) == set(arrays)
        assert len(arrays) == (11 if i < NUM_FRAMES - 1 else 3)
        for name, array in arrays.items():
            if name in folders.MATRICES:
                np.testing.assert_array_equal(array, getattr(view, name))
            else:
                assert array.dtype == np.float16
                np.testing.assert_allclose(array, getattr(view, name), rtol=5e-4, atol=1e-4)
            assert str(array.dtype) in units[name]
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert metadata["scales"] == [view.scale for view in seen]
    assert metadata["frames"] == NUM_FRAMES
    assert "one factor" in metadata["unit_of_length"]


def test_metres_are_told(write, tmp_path):
    write(camera_height=1.5, clouds=[0])
    metadata = json.loads((tmp_path / "metadata.json").read_text())
    assert (
        metadata["unit_of_length"] == "Lengths are in metres, from a camera 1.5 m above the road."
    )
    assert b"z ahead; metres" in (tmp_path / "point_clouds/000000.ply").read_bytes()


def test_numbers_beyond_half_precision_are_the_largest_one():
    halved = folders._halved(np.float32([1e6, -1e6, 0.1]))
    np.testing.assert_allclose(halved, [65504, -65504, 0.1], rtol=5e-4)


def test_raw_images_hold_depth_and_flow(write, tmp_path):
    seen = write(raw="png")
    for i, view in enumerate(seen):
        depth = read_depth(tmp_path / f"raw/depth/{i:06d}.png") / folders.PNG_LENGTH
        expected = np.minimum(view.depth, 65535 / 256 / folders.PNG_LENGTH)
        np.testing.assert_allclose(depth, expected, atol=0.51 / 256 / folders.PNG_LENGTH)
    for i, view in enumerate(seen[:-1]):
        flow, valid = read_flow(tmp_path / f"raw/flow/{i:06d}.png")
        np.testing.assert_allclose(flow, view.flow, atol=0.51 / 64)
        assert valid.all()
    assert f"{NUM_FRAMES - 1:06d}.png" not in {p.name for p in (tmp_path / "raw/flow").iterdir()}


def test_point_clouds_of_a_drive_lie_in_one_place(write, film, tmp_path, monkeypatch):
    """Points of the last frame, moved by the true motion, are in its cloud, if near."""
    monkeypatch.setattr(point_cloud, "FARTHEST", 1.5)
    (*_, last) = write(clouds=[0, 2, 9], raw="none")
    clouds = [name for name in names(tmp_path) if name.startswith("point_clouds")]
    assert clouds == ["point_clouds/000000.ply", "point_clouds/000002.ply"]
    body = (tmp_path / clouds[1]).read_bytes().partition(b"end_header\n")[2]
    cloud = np.frombuffer(body, [("place", "<f4", 3), ("colour", "u1", 3)])
    near = last.depth <= point_cloud.FARTHEST * np.median(last.depth)
    assert 0 < len(cloud) == near.sum() < near.size
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rays = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(film.intrinsics).T
    motion = last.camera_to_first
    places = (rays * last.depth[..., None])[near] @ motion[:3, :3].T + motion[:3, 3]
    np.testing.assert_allclose(cloud["place"], places, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(cloud["colour"], film.images[2][near])


def test_the_path_is_written_in_both_forms(write, tmp_path):
    seen = write(raw="none")
    poses = np.stack([view.camera_to_first for view in seen])
    kitti = np.loadtxt(tmp_path / "trajectory_kitti.txt").reshape(-1, 3, 4)
    np.testing.assert_allclose(kitti, poses[:, :3], atol=1e-6)
    tum = np.loadtxt(tmp_path / "trajectory_tum.txt")
    np.testing.assert_allclose(tum[:, 0], TIMES)
    np.testing.assert_allclose(tum[:, 1:4], poses[:, :3, 3], atol=1e-6)
    assert read_rgb(tmp_path / "trajectory.png").std() > 0


def test_a_film_has_a_panel_of_every_frame(write, tmp_path):
    write(raw="none")
    kinds = ("depth", "moving", *pictures.FLOWS)
    for kind in kinds:
        assert len(list((tmp_path / kind).iterdir())) == NUM_FRAMES - (kind != "depth")
    with video.VideoReader(tmp_path / "panel.mp4") as film:
        assert (film.frame_rate, len(list(film))) == (5, NUM_FRAMES)
    assert not (tmp_path / "raw").exists()


def test_an_error_of_the_caller_ends_the_writing_first(film, tmp_path):
    timed = list(zip(TIMES, film.images, strict=True))
    source = Input(lambda: iter(timed), NUM_FRAMES, (HEIGHT, WIDTH), intrinsics=film.intrinsics)
    (view, *_) = views(TruePredictor(film), source.frames(), source.intrinsics)
    with pytest.raises(KeyError), PredictionFolder(tmp_path, source, "none", ()) as writer:
        for _ in range(5):
            writer.add(view)
        raise KeyError
    assert not (tmp_path / "panel.mp4").exists() and not (tmp_path / "metadata.json").exists()
    assert writer._thread._shutdown and all(one.done() for one in writer._under_way)


def test_an_error_in_a_file_reaches_the_caller(film, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "disk full")

    timed = list(zip(TIMES, film.images, strict=True))
    source = Input(lambda: iter(timed), NUM_FRAMES, (HEIGHT, WIDTH))
    monkeypatch.setattr(folders, "write_rgb", full)
    with (
        pytest.raises(OSError, match="disk full"),
        PredictionFolder(tmp_path, source, "none", ()) as writer,
    ):
        writer.add(next(depth_views(TruePredictor(film), source.frames())))


def test_images_have_one_panel_picture(write, tmp_path):
    write(num_frames=1, is_film=False, raw="none", intrinsics=None)
    expected = ["depth/000000.jpg", "metadata.json", "panel.png"]
    assert names(tmp_path) == expected
    write(num_frames=2, is_film=False, raw="none")
    assert (tmp_path / "trajectory_tum.txt").exists() and not (tmp_path / "panel.mp4").exists()


def test_depth_alone_leaves_no_path_and_a_panel_without_flow(film, tmp_path):
    timed = list(zip(TIMES, film.images, strict=True))
    source = Input(lambda: iter(timed), NUM_FRAMES, (HEIGHT, WIDTH), intrinsics=film.intrinsics)
    with PredictionFolder(tmp_path, source, "npz", [1]) as writer:
        for view in depth_views(TruePredictor(film), source.frames()):
            writer.add(view)
    depth = [np.load(tmp_path / f"raw/{i:06d}.npz")["depth"] for i in range(NUM_FRAMES)]
    np.testing.assert_allclose(depth, film.depth, rtol=5e-4)
    assert not any("trajectory" in name or "flow" in name for name in names(tmp_path))
    assert (tmp_path / "point_clouds/000001.ply").exists()
    page = pictures.panel(film.images[0], {}, [["frame"], ["depth"]])
    with video.VideoReader(tmp_path / "panel.mp4") as panels:
        assert panels.size[0] in (len(page), len(page) + 1)
        assert len(list(panels)) == NUM_FRAMES
