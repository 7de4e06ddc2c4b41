"""From frames of a recording to clips."""

import json

import numpy as np
import pytest

from dfnet_tf.data.clips import read_clip, read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.film_files import VideoError
from dfnet_tf.data.preparation import given_camera
from dfnet_tf.data.preparation.clip_making import UNDECODABLE, Settings, make_clips, tolerant_clips
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

INTRINSICS = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
STATIC, SCENE = Excluded("static"), Excluded("test scene")


def frame(level, **truth):
    """A flat frame, identified by its grey level."""
    return Frame(np.full((48, 64, 3), level, np.uint8), **truth)


def recording(*items, intrinsics=INTRINSICS, **more):
    """A recording of grey levels and of anything else that a reader yields."""
    items = [frame(item) if isinstance(item, int) else item for item in items]
    return Recording("drive", len(items), intrinsics, lambda: iter(items), **more)


@pytest.fixture
def make(tmp_path):
    """Makes the clips of a recording; returns its entry and {clip name: grey levels}."""

    def run(recorded, **settings):
        ticks = []
        entry = make_clips(recorded, tmp_path, Settings(**settings), lambda: ticks.append(1))
        assert len(ticks) == entry["frames_read"]
        clips = read_clips(tmp_path) if entry["clips"] else []
        assert [one["name"] for one in entry["clips"]] == [one.folder.name for one in clips]
        levels = {c.folder.name: [round(c.image(i).mean()) for i in range(len(c))] for c in clips}
        assert entry["frames_kept"] == sum(map(len, levels.values()))
        assert entry["frames_read"] == entry["frames_kept"] + sum(entry["dropped"].values())
        json.dumps(entry)
        return entry, levels

    return run


def test_an_undisturbed_recording_is_one_clip_of_its_name(make):
    entry, levels = make(recording(10, 30, 50, 70))
    assert levels == {"drive": [10, 30, 50, 70]}
    assert entry["dropped"] == {}


def test_neighbours_of_an_excluded_frame_never_meet(make):
    entry, levels = make(recording(10, 30, 50, SCENE, 70, 90, 110, STATIC, STATIC, 130, 150, 170))
    assert levels == {
        "drive_00": [10, 30, 50],
        "drive_01": [70, 90, 110],
        "drive_02": [130, 150, 170],
    }
    assert entry["dropped"] == {"static": 2, "test scene": 1}


def test_too_short_runs_are_dropped_and_counted(make):
    short = recording(STATIC, 10, 30, STATIC, 50, 70, 90, SCENE, 110)
    entry, levels = make(short)
    assert levels == {"drive": [50, 70, 90]}
    assert entry["dropped"] == {"clip too short": 3, "static": 2, "test scene": 1}


def test_a_recording_of_which_nothing_is_long_enough_has_no_clip(make, tmp_path):
    entry, levels = make(recording(10, 30, STATIC, 50), min_frames=3)
    assert (levels, entry["clips"]) == ({}, [])
    assert list(tmp_path.iterdir()) == []


def test_a_frame_step_keeps_every_nth_and_never_steps_over_a_hole(make):
    levels = 10, 20, 30, 40, 50, SCENE, 60, 70, 80, 90, 100
    entry, kept = make(recording(*levels), frame_step=2)
    assert kept == {"drive_00": [10, 30, 50], "drive_01": [60, 80, 100]}
    assert entry["dropped"] == {"frame step": 4, "test scene": 1}


def test_static_frames_are_dropped_without_splitting(make):
    entry, levels = make(recording(10, 30, *[31] * 15, *[30] * 5, 32, 50), static_threshold=3.0)
    assert levels == {"drive": [10, 30, 50]}
    assert entry["dropped"] == {"repeated": 5, "static": 16}


def test_a_cut_splits_a_film_but_not_a_data_set(make, tmp_path):
    rng = np.random.default_rng(0)
    one, two = (np.kron(rng.integers(0, 255, (6, 10, 1)), np.ones((8, 8, 3))) for _ in range(2))
    shots = [Frame(np.uint8(shot * gain)) for shot in (one, two) for gain in (1, 0.9, 0.8)]
    entry, _ = make(recording(*shots), splits_at_cuts=True)
    assert [one["frames"] for one in entry["clips"]] == [3, 3]
    (tmp_path / "again").mkdir()
    entry = make_clips(recording(*shots), tmp_path / "again", Settings(), lambda: None)
    assert [one["frames"] for one in entry["clips"]] == [6]


def test_truth_stays_with_its_frame(make, tmp_path):
    def true_frame(level):
        pose = np.eye(4)
        pose[2, 3] = level
        return frame(level, depth=np.full((24, 32), level / 10), pose=pose)

    make(recording(true_frame(10), true_frame(20), true_frame(30), true_frame(40)), frame_step=3)
    make(recording(*map(true_frame, (10, 20, 30, 40, 50))), frame_step=2, height=32, width=32)
    clip = read_clip(tmp_path / "drive")
    assert (len(clip), clip.size) == (3, (32, 32))
    np.testing.assert_array_equal(clip.poses()[:, 2, 3], [10, 30, 50])
    for i, metres in enumerate((1, 3, 5)):
        np.testing.assert_array_equal(clip.depth(i), np.full((24, 24), metres))


def test_a_depth_that_is_missing_now_and_then_is_no_hole(make, tmp_path):
    make(recording(frame(10, depth=np.ones((48, 64))), frame(30), frame(50)))
    clip = read_clip(tmp_path / "drive")
    assert clip.depth(0) is not None
    assert clip.depth(1) is None


def test_rows_that_a_recording_does_not_keep_are_cut_off(make, tmp_path):
    image = np.full((48, 64, 3), 200, np.uint8)
    image[36:] = 0  # The bonnet.
    frames = [Frame(np.uint8(image * gain)) for gain in (1, 0.8, 0.6)]
    make(recording(*frames, kept_rows=0.75))
    clip = read_clip(tmp_path / "drive")
    assert clip.size == (36, 64)
    assert clip.image(0).min() > 190
    np.testing.assert_allclose(clip.intrinsics, INTRINSICS)


def test_the_intrinsics_say_where_they_come_from(make, tmp_path):
    entry, _ = make(recording(10, 30, 50), camera=given_camera.from_field_of_view(90))
    assert entry["clips"][0]["intrinsics"] == INTRINSICS.tolist()
    first, second, third, *_ = (tmp_path / "drive/intrinsics.txt").read_text().splitlines()
    assert (first, third) == ("# the data set", "50 0 32")
    assert second == "# for images of 64x48 (width x height)"


def test_a_guess_is_marked_in_the_clip(make, tmp_path):
    entry, _ = make(recording(10, 30, 50, intrinsics=None), camera=given_camera.guessed())
    assert entry["clips"][0]["intrinsics_from"] == "guessed: field of view of 60 degrees"
    assert (tmp_path / "drive/intrinsics.txt").read_text().startswith("# guessed")
    focal = 32 / np.tan(np.radians(30))
    np.testing.assert_allclose(read_clip(tmp_path / "drive").intrinsics[0], [focal, 0, 31.5])


def test_no_clip_is_called_images(tmp_path):
    """A folder that contains a folder images/ is a clip itself."""
    items = [frame(level) for level in (10, 30, 50)]
    recorded = Recording("images", 3, INTRINSICS, lambda: iter(items))
    entry = make_clips(recorded, tmp_path, Settings(), lambda: None)
    assert [clip.folder.name for clip in read_clips(tmp_path)] == [entry["clips"][0]["name"]]


def test_the_readers_note_is_kept(make):
    assert make(recording(10, 30, 50, note="no speeds"))[0]["note"] == "no speeds"


def test_some_broken_frames_are_a_hole_but_nothing_else_is_an_error(make):
    broken = Excluded(UNDECODABLE)
    _, levels = make(recording(broken, 10, 30, 50, broken))
    assert levels == {"drive": [10, 30, 50]}
    for nothing in (recording(broken, broken), recording()):
        with pytest.raises(ClipError, match="drive: expected a recording that can be read"):
            make(nothing)
    for on_purpose in (recording(STATIC, STATIC), recording(STATIC, SCENE, broken)):
        assert make(on_purpose)[1] == {}


def test_images_of_another_size_are_refused(make, tmp_path):
    smaller = Frame(np.zeros((24, 64, 3), np.uint8))
    with pytest.raises(ClipError, match="first one's size, 64x48. Received: 64x24, at frame 3"):
        make(recording(10, 30, 50, smaller))
    assert list(tmp_path.iterdir()) == []


def test_every_frame_is_kept_or_dropped_for_one_reason(tmp_path):
    rng = np.random.default_rng(0)
    for case in range(10):
        items = [
            rng.choice([STATIC, SCENE]) if rng.random() < 0.15 else int(rng.integers(0, 250))
            for _ in range(40)
        ]
        recorded = recording(*items)
        folder = tmp_path / str(case)
        folder.mkdir()
        step, threshold = 1 + case % 3, 5.0 * (case % 2)
        settings = Settings(frame_step=step, static_threshold=threshold)
        entry = make_clips(recorded, folder, settings, lambda: None)
        dropped = entry["dropped"]
        assert entry["frames_read"] == 40 == entry["frames_kept"] + sum(dropped.values())
        assert dropped.get("test scene", 0) == items.count(SCENE)
        assert all(one["frames"] >= 3 for one in entry["clips"])


def test_a_recording_that_breaks_off_leaves_its_error_and_no_clip(tmp_path):
    """Removes the clip finished before the error, but nothing of other recordings."""

    def read():
        yield from (frame(level) for level in (10, 30, 50))
        yield SCENE
        yield from (frame(level) for level in (70, 90, 110))
        raise VideoError("drive.mp4: cut off")

    broken = Recording("drive", 7, INTRINSICS, read)
    (tmp_path / "drive2").mkdir()
    entry = tolerant_clips(broken, tmp_path, Settings(), lambda: None)
    assert (entry["error"], entry["clips"]) == ("drive.mp4: cut off", [])
    assert not any((tmp_path / name).exists() for name in ("drive", "drive_00", "drive_01"))
    assert (tmp_path / "drive2").exists()


def test_a_recording_of_nothing_but_broken_frames_says_what_is_wrong_with_one(make):
    broken = Excluded(UNDECODABLE, "a.png: expected an image of 8 or 16 bits.")
    with pytest.raises(ClipError, match="2 frames, none .* a.png: expected an image of 8 or 16"):
        make(recording(broken, broken))


def test_nearly_black_recordings_are_told(make):
    assert "nearly black" in make(recording(3, 7, 5))[0]["note"]


def test_a_crop_to_less_than_half_is_told(make):
    camera = given_camera.from_field_of_view(60)
    filmed = recording(10, 30, 50, intrinsics=None)
    entry, _ = make(filmed, height=32, width=128, camera=camera)
    assert "keeps only the middle 64x16 of 64x48 pixels; --fit=pad" in entry["note"]


def test_padding_shows_everything_and_moves_the_camera(make, tmp_path):
    make(recording(100, 130, 160), height=32, width=128, fit="pad")
    clip = read_clip(tmp_path / "drive")
    assert clip.size == (32, 128)
    np.testing.assert_allclose(clip.image(0)[:, 45:83].mean(), 100, atol=2)
    assert clip.image(0)[:, :40].max() < 8 and clip.image(0)[:, 88:].max() < 8
    # 64x48 becomes 42x32 in the middle of 128x32; (32 + 0.5) * 42 / 64 - 0.5 + 43.
    np.testing.assert_allclose(clip.intrinsics[0], [50 * 42 / 64, 0, 63.828], atol=1e-3)
    np.testing.assert_allclose(clip.intrinsics[1], [0, 50 * 32 / 48, 15.833], atol=1e-3)


def test_a_camera_held_upright_is_told(tmp_path):
    upright = [Frame(np.full((64, 48, 3), level, np.uint8)) for level in (10, 30, 50)]
    filmed = Recording("drive", 3, None, lambda: iter(upright), note="interlaced")
    settings = Settings(camera=given_camera.from_field_of_view(60))
    note = make_clips(filmed, tmp_path, settings, lambda: None)["note"]
    assert note.startswith("interlaced; held upright: the field of view of 60 degrees")
