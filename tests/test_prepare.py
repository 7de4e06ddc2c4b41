"""`prepare`, run like its users do: python -m dfnet_tf.prepare."""

import functools
import json

import cv2
import films
import numpy as np
import pytest
from main_endings import assert_misused

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.files import video

FOV = "--fov_degrees=90"  # A focal length of half the width.


@pytest.fixture
def prepare(run_main):
    return functools.partial(run_main, "dfnet_tf.prepare")


def write_video(path, num_frames=6, size=(60, 100), step=20):
    """Flat frames, each brighter than the previous one by `step`."""
    with video.VideoWriter(path, 10) as writer:
        for i in range(num_frames):
            writer.add(np.full((*size, 3), 30 + step * i, np.uint8))
    return path


def write_images(folder, num_images=4, size=(60, 100)):
    folder.mkdir()
    ramp = np.broadcast_to(np.arange(size[1])[None, :, None], (*size, 3))
    for i in range(num_images):
        cv2.imwrite(str(folder / f"{i:03d}.png"), (ramp + 20 * i).astype(np.uint8))
    return folder


def read_clip(folder):
    (clip,) = read_clips(folder)
    return clip


def camera(clip):
    """(fx, fy, cx, cy)"""
    return [clip.intrinsics[i] for i in ((0, 0), (1, 1), (0, 2), (1, 2))]


def assert_one_line(result, *expected):
    """The main ended with status 1 and one line on stderr that has `expected` in it."""
    status, out, err = result
    assert (status, out, err.count("\n")) == (1, "", 1), err
    assert err.startswith("prepare: ")
    for text in expected:
        assert text in err


def test_a_video_becomes_a_clip(prepare, tmp_path):
    source = write_video(tmp_path / "a.mp4")
    status, out, _ = prepare("--source=video", f"--input={source}", FOV, f"--output={tmp_path}/c")
    assert status == 0
    clip = read_clip(tmp_path / "c")
    assert (len(clip), clip.size) == (6, (60, 100))
    np.testing.assert_allclose(camera(clip), [50, 50, 49.5, 29.5])
    brightness = [clip.image(i).mean() for i in range(6)]
    np.testing.assert_allclose(brightness, [30, 50, 70, 90, 110, 130], atol=5)
    assert "Wrote 1 clip, 6 of 6 frames (nothing dropped), 100x60 pixels, " in out
    assert f"focal length 50.0 50.0, to {tmp_path}/c." in out
    assert f"Next: python -m dfnet_tf.train --data={tmp_path}/c --run_dir=runs/c\n" in out
    assert clip.folder == tmp_path / "c" / "a"


def test_a_smaller_width_keeps_the_aspect_and_scales_the_camera(prepare, tmp_path):
    source = write_images(tmp_path / "images")
    status, _, _ = prepare(
        "--source=images", f"--input={source}", FOV, "--width=50", f"--output={tmp_path}/c"
    )
    assert status == 0
    clip = read_clip(tmp_path / "c")
    assert clip.size == (30, 50)
    np.testing.assert_allclose(camera(clip), [25, 25, 24.5, 14.5])  # (49.5 + 0.5) / 2 - 0.5
    np.testing.assert_allclose(clip.image(0)[15, :, 0], 2 * np.arange(50) + 0.5, atol=3)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (40, 100, [50, 50, 49.5, 19.5]),  # 10 rows less above and below
        (60, 60, [50, 50, 29.5, 29.5]),  # 20 columns less on either side
        (80, 200, [100, 100, 99.5, 39.5]),  # the first, enlarged twice
    ],
)
def test_another_aspect_crops_about_the_centre(prepare, tmp_path, height, width, expected):
    source = write_images(tmp_path / "images")
    size = f"--height={height}", f"--width={width}"
    prepare("--source=images", f"--input={source}", FOV, *size, f"--output={tmp_path}/c")
    clip = read_clip(tmp_path / "c")
    assert clip.size == (height, width)
    np.testing.assert_allclose(camera(clip), expected)
    middle = clip.image(0)[height // 2, :, 0].astype(float)  # The ramp's value is the input's x.
    first = 49.5 - 50 * (expected[2] / expected[0])
    assert middle[0] == pytest.approx(first, abs=3)
    assert middle[-1] == pytest.approx(99 - first, abs=3)


def test_intrinsics_of_a_file_are_for_the_inputs_size(prepare, tmp_path):
    source = write_images(tmp_path / "images")
    (tmp_path / "k.txt").write_text("80 0 40\n0 70 20\n0 0 1\n")
    intrinsics = f"--intrinsics={tmp_path}/k.txt"
    prepare(
        "--source=images", f"--input={source}", intrinsics, "--width=49", f"--output={tmp_path}/c"
    )
    clip = read_clip(tmp_path / "c")
    assert clip.size == (29, 49)  # 29.4 rounded: each axis has its own scale.
    expected = [80 * 0.49, 70 * 29 / 60, 40.5 * 0.49 - 0.5, 20.5 * 29 / 60 - 0.5]
    np.testing.assert_allclose(camera(clip), expected, rtol=1e-6)


def test_frame_step_keeps_the_first_and_every_nth(prepare, tmp_path):
    source = write_images(tmp_path / "images", num_images=6)
    prepare("--source=images", f"--input={source}", FOV, "--frame_step=2", f"--output={tmp_path}/c")
    clip = read_clip(tmp_path / "c")
    first = [clip.image(i)[30, 50, 0] for i in range(len(clip))]
    np.testing.assert_allclose(first, [50, 90, 130], atol=3)


def test_frames_without_motion_against_the_last_kept_one_are_dropped(prepare, tmp_path):
    source = write_video(tmp_path / "a.mp4", num_frames=7, step=4)
    status, out, _ = prepare(
        "--source=video",
        f"--input={source}",
        FOV,
        "--static_threshold=6",
        f"--output={tmp_path}/c",
    )
    assert status == 0
    assert "4 of 7 frames (3 static)" in out  # A slow change adds up: 0, 8, 16, 24.
    clip = read_clip(tmp_path / "c")
    brightness = [clip.image(i).mean() for i in range(len(clip))]
    np.testing.assert_allclose(brightness, [30, 38, 46, 54], atol=3)


def test_a_still_camera_leaves_no_clip(prepare, tmp_path):
    source = write_video(tmp_path / "a.mp4", step=0)
    result = prepare(
        "--source=video",
        f"--input={source}",
        FOV,
        "--static_threshold=1",
        f"--output={tmp_path}/c",
    )
    assert_one_line(
        result, "motion between them", "6 frames, all dropped (1 clip too short, 5 repeated)"
    )
    assert list(tmp_path.iterdir()) == [source]


def test_synthetic_clips_differ_and_come_again_with_their_seed(prepare, tmp_path):
    small = "--num_frames=3", "--height=32", "--width=64"
    prepare("--source=synthetic", *small, "--seed=5", "--num_clips=2", f"--output={tmp_path}/a")
    status, out, _ = prepare("--source=synthetic", *small, "--seed=6", f"--output={tmp_path}/b")
    assert status == 0
    assert "Wrote 1 clip, 3 of 3 frames (nothing dropped), 64x32 pixels" in out
    first, second = read_clips(tmp_path / "a")
    (again,) = read_clips(tmp_path / "b")
    assert (len(first), first.size) == (3, (32, 64))
    assert (first.image(0) != second.image(0)).any()
    np.testing.assert_array_equal(second.image(0), again.image(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_towns_are_films_whose_textures_come_from_the_given_pictures(prepare, tmp_path):
    town = "--source=synthetic", "--world=town", "--num_frames=2", "--height=32", "--width=64"
    for name, colour in (("red", (0, 0, 255)), ("blue", (255, 0, 0))):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "a.png"), np.full((40, 60, 3), colour, "uint8"))
        arguments = f"--textures={tmp_path}/{name}", f"--output={tmp_path}/{name}_town", "--seed=3"
        assert prepare(*town, *arguments)[0] == 0
    red, blue = (read_clips(tmp_path / f"{name}_town")[0] for name in ("red", "blue"))
    assert len(red) == 2 and red.flow(0) is not None and len(red.poses()) == 2
    np.testing.assert_array_equal(red.depth(0), blue.depth(0))
    assert (red.image(0) != blue.image(0)).any()


@pytest.mark.parametrize("source", ["synthetic", "images"])
def test_nothing_is_overwritten_unasked(prepare, tmp_path, source):
    images = write_images(tmp_path / "images")
    arguments = {
        "synthetic": ["--num_frames=2", "--height=32", "--width=64"],
        "images": [f"--input={images}", FOV],
    }[source]
    arguments = [f"--source={source}", f"--output={tmp_path}/c", *arguments]
    assert prepare(*arguments)[0] == 0
    refused = prepare(*arguments)
    assert_one_line(refused, "expected a new path, or --overwrite", "an existing path")
    if source == "images":
        assert prepare(*arguments, "--overwrite")[0] == 0
        assert len(read_clip(tmp_path / "c")) == 4


def test_overwriting_replaces_clips_and_nothing_else(prepare, tmp_path):
    arguments = "--source=synthetic", "--num_frames=2", "--height=32", "--width=64", "--overwrite"
    output = f"--output={tmp_path}/c"
    prepare(*arguments, output, "--num_clips=2")
    assert prepare(*arguments, output)[0] == 0
    assert len(read_clips(tmp_path / "c")) == 1
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("years of work")
    refused = prepare(*arguments, f"--output={tmp_path}/work")
    assert_one_line(refused, "expected a folder written by this program")
    assert (tmp_path / "work" / "thesis.txt").exists()


def test_what_cannot_be_read_ends_in_one_line_and_leaves_nothing(prepare, tmp_path):
    def attempt(source, path, *camera_flags):
        camera_flags = camera_flags or (FOV,)
        output = f"--output={tmp_path}/c"
        result = prepare(f"--source={source}", f"--input={path}", *camera_flags, output)
        assert not (tmp_path / "c").exists()
        return result

    missing = tmp_path / "missing"
    assert_one_line(attempt("video", missing), "expected a video that FFmpeg can decode", "no such")
    assert_one_line(attempt("images", missing), "expected a folder of images", "no such folder")
    images = write_images(tmp_path / "images")
    (tmp_path / "empty").mkdir()
    assert_one_line(attempt("video", images), "expected a video", str(images))
    assert_one_line(attempt("images", tmp_path / "empty"), "Received: neither")
    assert_one_line(attempt("images", images, f"--intrinsics={missing}"), "missing")
    (tmp_path / "k.txt").write_text("700 0 320\n0 700 96\n0 0 1\n")
    wrong_size = attempt("images", images, f"--intrinsics={tmp_path}/k.txt")
    assert_one_line(wrong_size, "point inside the 100x60 (width x height) image", "(320, 96)")
    (tmp_path / "k.txt").write_text("a calibration\n")
    no_numbers = attempt("images", images, f"--intrinsics={tmp_path}/k.txt")
    assert_one_line(no_numbers, "k.txt: expected rows of numbers")
    cv2.imwrite(str(images / "zzz.png"), np.zeros((60, 90, 3), np.uint8))
    assert_one_line(attempt("images", images), "zzz.png: expected the first image's size, 100x60")
    for path in images.iterdir():
        path.write_text("no image")
    assert_one_line(attempt("images", images), "expected a recording that can be read", "5 frames")


def test_half_a_video_leaves_no_clip(prepare, tmp_path):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for i in range(40):
        writer.write(np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = prepare("--source=video", f"--input={path}", FOV, f"--output={tmp_path}/c")
    assert_one_line(result, "expected 40 frames", "truncated or damaged at frame")
    assert list(tmp_path.iterdir()) == [path]


def test_flags_that_miss_or_contradict_each_other_are_refused(prepare, tmp_path):
    output = f"--output={tmp_path}/c"
    recording = "--source=video", "--input=a.mp4", output
    assert_misused(prepare(output), "Expected --source. Received: none.")
    assert_misused(prepare("--source=synthetic"), "Expected --output. Received: none.")
    assert_misused(prepare("--source=webcam", output), "<video|images|kitti_raw|", "webcam")
    assert_misused(prepare("--source=synthetic", output, "--hieght=5"), "hieght")
    assert_misused(prepare("--source=video", output, FOV), "Expected --input with --source=video")
    assert_misused(prepare(*recording), "one of --fov_degrees and --intrinsics", "neither")
    assert_misused(prepare(*recording, FOV, "--intrinsics=k.txt"), "Received: both")
    assert_misused(prepare(*recording, "--fov_degrees=180"), "fov_degrees", "179")
    assert_misused(prepare(*recording, FOV, "--seed=0"), "Expected no --seed with --source=video")
    assert_misused(
        prepare("--source=synthetic", output, FOV), "no --fov_degrees with --source=synthetic"
    )
    assert_misused(
        prepare("--source=synthetic", output, "--textures=a"), "no --textures with --world=street"
    )
    assert_misused(
        prepare("--source=synthetic", "--world=town", output, "--num_frames=61"),
        "at most 60 with --world=town. Received: 61.",
    )
    assert_misused(prepare(*recording, FOV, "spare"), "Expected only flags. Received: spare")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_in_one_line(prepare, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(video.VideoReader, "timed", interrupt)
    source = write_video(tmp_path / "a.mp4")
    result = prepare("--source=video", f"--input={source}", FOV, f"--output={tmp_path}/c")
    assert result == (130, "", "prepare: interrupted.\n")
    assert list(tmp_path.iterdir()) == [source]


def test_a_bug_keeps_its_traceback(tmp_path, prepare, monkeypatch):
    def bug(*_, **__):
        raise KeyError("a bug")

    monkeypatch.setattr(ClipWriter, "add", bug)
    source = write_video(tmp_path / "a.mp4")
    with pytest.raises(KeyError, match="a bug"):
        prepare("--source=video", f"--input={source}", FOV, f"--output={tmp_path}/c")
    assert list(tmp_path.iterdir()) == [source]


def test_flags_of_other_sources_are_refused(prepare, tmp_path):
    output = f"--output={tmp_path}/c"
    data_set = "--source=kitti_raw", "--input=kitti", output
    assert_misused(prepare(*data_set, FOV), "no --fov_degrees with --source=kitti_raw")
    assert_misused(prepare(*data_set, "--intrinsics=estimate"), "no --intrinsics with")
    assert_misused(prepare(*data_set, "--sequences=00"), "no --sequences with")
    assert_misused(prepare(*data_set, "--input=more"), "Expected one --input", "Received: 2")
    assert_misused(prepare(*data_set, "--num_shards=2"), "no --num_shards with --format=clips")
    film = "--source=video", "--input=a.mp4", output
    assert_misused(prepare(*film, FOV, "--split=all"), "no --split with --source=video")
    assert_misused(prepare(*film), "--intrinsics=estimate if unknown")
    assert list(tmp_path.iterdir()) == []


def test_a_tilde_behind_an_equals_sign_is_the_home_folder(prepare, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    write_video(tmp_path / "home/a.mp4")
    (tmp_path / "home/k.txt").write_text("50 0 49.5\n0 50 29.5\n0 0 1\n")
    monkeypatch.chdir(tmp_path)
    flags = "--source=video", "--input=~/a.mp4", "--intrinsics=~/k.txt", "--output=~/data/c"
    status, out, err = prepare(*flags)
    assert status == 0, err
    assert f"to {tmp_path}/home/data/c." in out
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_broken_film_of_a_folder_is_named_and_counted(prepare, tmp_path):
    write_video(tmp_path / "films/good.mp4")
    late = films.write_film(tmp_path / "films/late.mkv", films.moving_texture(40))
    late.write_bytes(late.read_bytes()[: late.stat().st_size * 2 // 3])
    (tmp_path / "films/cut.mp4").write_bytes((tmp_path / "films/good.mp4").read_bytes()[:500])
    status, out, err = prepare(
        "--source=video", f"--input={tmp_path}/films", FOV, f"--output={tmp_path}/c"
    )
    assert status == 0, err
    assert "2 of 3 recordings are unreadable" in out
    for name in ("cut.mp4", "late.mkv"):
        assert f"Skipped an unreadable recording: {tmp_path}/films/{name}: expected " in err
    dataset = json.loads((tmp_path / "c/dataset.json").read_text())
    assert dataset["totals"]["unreadable"] == 2
    assert ["error" in entry for entry in dataset["recordings"]] == [True, False, True]
    assert [path.name for path in (tmp_path / "c").glob("*/")] == ["good"]


def test_films_that_are_all_broken_end_in_one_line(prepare, tmp_path):
    (tmp_path / "films").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "films" / name).write_bytes(b"no film")
    result = prepare("--source=video", f"--input={tmp_path}/films", FOV, f"--output={tmp_path}/c")
    assert_one_line(
        result, "a.mp4: expected a video that FFmpeg can decode", "No recording is left"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["films"]


def test_notes_are_printed_once_with_their_recordings(prepare, tmp_path):
    (tmp_path / "walk").mkdir()
    for name in ("a", "b"):
        write_images(tmp_path / "walk" / name)
    (tmp_path / "k.txt").write_text("25 0 24.5\n0 25 14.5\n0 0 1\n")  # Of half the size.
    flags = "--source=images", f"--input={tmp_path}/walk", f"--intrinsics={tmp_path}/k.txt"
    status, _, err = prepare(*flags, f"--output={tmp_path}/c")
    assert status == 0
    assert err.count("Note: ") == 1
    assert "(24.5, 14.5) is far from the middle of 100x60 (width x height) images" in err
    assert err.endswith("(a, b)\n")


def test_radians_are_refused(prepare, tmp_path):
    flags = "--source=video", "--input=a.mp4", f"--output={tmp_path}/c", "--fov_degrees=1.05"
    assert_one_line(prepare(*flags), "Expected a field of view in degrees", "1.05")


BARREL = "--distortion=-0.3,0.1,0,0"


def test_distortion_is_removed_and_recorded(prepare, tmp_path):
    """A barrel lens shows more at its edges: the straight image's focal length is below 50."""
    source = write_images(tmp_path / "images")
    arguments = "--source=images", f"--input={source}", FOV, f"--output={tmp_path}/c"
    assert prepare(*arguments, BARREL)[0] == 0
    clip = read_clip(tmp_path / "c")
    assert 40 < camera(clip)[0] < 48
    dataset = json.loads((tmp_path / "c" / "dataset.json").read_text())
    entry = dataset["recordings"][0]["clips"][0]
    assert entry["camera"]["removed_distortion"] == [-0.3, 0.1, 0, 0]
    assert entry["camera"]["intrinsics_with_distortion"][0] == [50, 0, 49.5]
    assert "distortion -0.3 0.1 0 0 removed" in entry["intrinsics_from"]
    x = (0 - 49.5) / camera(clip)[0]  # The ray of the row's first pixel, and where the lens has it.
    shown = 49.5 + 50 * x * (1 - 0.3 * x**2 + 0.1 * x**4)
    assert float(clip.image(0)[29, 0, 0]) == pytest.approx(shown, abs=4)


def test_a_calibration_file_brings_its_distortion(prepare, tmp_path):
    source = write_images(tmp_path / "images")
    (tmp_path / "cameras.txt").write_text("1 OPENCV 200 120 100 100 100 60 -0.3 0.1 0 0\n")
    intrinsics = f"--intrinsics={tmp_path}/cameras.txt"
    arguments = "--source=images", f"--input={source}", f"--output={tmp_path}/c"
    assert prepare(*arguments, intrinsics)[0] == 0
    assert prepare(*arguments[:2], FOV, BARREL, f"--output={tmp_path}/d")[0] == 0
    given, by_flag = read_clip(tmp_path / "c"), read_clip(tmp_path / "d")
    np.testing.assert_allclose(given.intrinsics, by_flag.intrinsics)
    np.testing.assert_array_equal(given.image(0), by_flag.image(0))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([FOV, "--distortion=0.1"], "4, 5, 8, 12, 14 radial-tangential coefficients"),
        ([FOV, "--distortion=-3000,0.1"], "leaves the image's middle in place"),
    ],
)
def test_an_impossible_distortion_is_refused(prepare, tmp_path, more, expected):
    source = write_images(tmp_path / "images")
    arguments = "--source=images", f"--input={source}", f"--output={tmp_path}/c"
    assert_one_line(prepare(*arguments, *more), expected)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([FOV, "--distortion=a,b"], "Received: a,b"),
        (["--intrinsics=estimate", BARREL], "a known camera with --distortion"),
    ],
)
def test_misused_distortion_flags_are_told(prepare, tmp_path, more, expected):
    source = write_images(tmp_path / "images")
    arguments = "--source=images", f"--input={source}", f"--output={tmp_path}/c"
    assert_misused(prepare(*arguments, *more), expected)
