"""predict as its users run it: whole results, or one clear line."""

import itertools
import json

import cv2
import numpy as np
import pytest
from main_endings import assert_misused
from main_results import CONFIG, HEIGHT, NUM_FRAMES, WIDTH, assert_one_line, files, truncate

from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import ImageReader
from dfnet_tf.training import checkpoints, loop, schedule

FOV = "--fov_degrees=90"

pytestmark = pytest.mark.usefixtures("networks_built_once")


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


def test_the_distortion_of_a_lens_is_removed(predict, run_dir, street, tmp_path):
    """A barrel lens shows more at its edges, so the straight image's focal length is smaller."""

    def focal_length(*flags):
        status, _, err = predict(run_dir, street / "images/000002.png", "--overwrite", *flags)
        assert status == 0, err
        return json.loads((tmp_path / "out/metadata.json").read_text())["intrinsics"][0][0]

    assert focal_length(FOV, "--distortion=-0.3,0.1") < 0.99 * focal_length(FOV)
    refused = predict(run_dir, street / "images", "--distortion=-0.3,0.1", "--overwrite")
    assert_misused(refused, "Expected a known camera with --distortion")


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
