"""Unreadable frames are skipped reproducibly, reported once and counted."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dfnet_tf.data import tfrecord_writer
from dfnet_tf.data.batches import broken_frames, pipeline
from dfnet_tf.data.batches.broken_frames import BrokenFrames
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clip, read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.presets import preset

CONFIG = (
    preset("tiny")
    .replace(data__height=32, data__width=64, data__batch_size=2, data__max_scale=1.0)
    .data
)
NUM_WINDOWS = 6 + 3


def reader(*broken):
    """Reads a window as ten times its number, unless it is broken."""

    def read(window):
        if window in broken:
            raise ClipError(f"{window}.png: expected an image file.")
        return 10 * window

    return read


def test_an_intact_window_is_drawn_unchanged():
    broken = BrokenFrames(5, 1.0)
    assert [broken.first_whole(window, reader()) for window in range(3)] == [
        (0, 0),
        (1, 10),
        (2, 20),
    ]
    assert broken.summary() == ""


def test_a_broken_window_is_replaced_by_the_next_intact_one_cyclically():
    broken, read = BrokenFrames(5, 1.0), reader(1, 2, 4)
    assert [broken.first_whole(window, read)[0] for window in range(5)] == [0, 3, 3, 3, 0]


def test_each_broken_frame_is_named_once_and_all_are_counted(capsys):
    with broken_frames.tolerated(5, 0.5) as broken:
        for window in (3, 1, 3, 1, 0):
            broken.first_whole(window, reader(1, 3))
        named = capsys.readouterr().err
    assert named == "".join(f"Skipped: {i}.png: expected an image file.\n" for i in (3, 1))
    assert capsys.readouterr().err == "Skipped broken frames: 2, in 2 of 5 windows.\n"


def test_without_broken_frames_nothing_is_printed(capsys):
    with broken_frames.tolerated(5, 0.5) as broken:
        broken.first_whole(0, reader())
    assert capsys.readouterr().err == ""


def test_beyond_the_share_one_line_names_files_and_counts(capsys):
    with pytest.raises(ClipError) as error, broken_frames.tolerated(100, 0.02) as broken:
        for window in (7, 40, 80):
            broken.first_whole(window, reader(7, 40, 80))
    assert str(error.value) == (
        "7.png: expected an image file. The same holds for 40.png, 80.png. "
        "That breaks 3 of 100 windows of frames, a larger share than --broken_share=0.02."
    )
    assert capsys.readouterr().err.count("\n") == 2  # The two frames before; no summary.


def test_a_small_data_set_that_is_all_broken_stops_at_the_first_frame(capsys):
    num_read = itertools.count()

    def read(window):
        next(num_read)
        return reader(*range(50))(window)

    with pytest.raises(ClipError, match=r"^30.png: .* That breaks 1 of 50 windows"):
        BrokenFrames(50, 0.01).first_whole(30, read)
    assert next(num_read) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("num_drawn", [1, 5000])
def test_the_share_is_one_of_what_was_drawn_or_of_a_thousand(num_drawn):
    """A large, fully broken data set stops soon; one broken window in 100 never stops it."""
    broken = BrokenFrames(10**6, 0.01)
    for window in range(num_drawn - 1):
        broken.first_whole(window, reader())
    with pytest.raises(ClipError, match=f"breaks {max(10, num_drawn // 100) + 1} of"):
        broken.first_whole(num_drawn, reader(*range(num_drawn, 10**5)))


def test_windows_met_in_many_epochs_are_counted_once():
    broken = BrokenFrames(100, 0.01)
    for epoch_and_window in range(1000):
        broken.first_whole(epoch_and_window % 100, reader(30))
    assert broken.summary() == "Skipped broken frames: 1, in 1 of 100 windows."


def test_threads_share_the_counts(capsys):
    broken = BrokenFrames(3000, 0.5)
    with ThreadPoolExecutor(8) as threads:
        drawn = threads.map(
            lambda i: broken.first_whole(i, reader(*range(0, 3000, 3))), range(3000)
        )
        assert [window for window, _ in drawn] == [i + (i % 3 == 0) for i in range(3000)]
    assert "frames: 1000, in 1000 of 3000 windows" in broken.summary()
    assert capsys.readouterr().err.count("Skipped: ") == 1000


@pytest.fixture(params=["files", "records"])
def clips(request, tmp_path):
    """Two clips with different cameras and greys 8 i; the first has one broken frame."""
    for c, length in enumerate([8, 5]):
        with ClipWriter(tmp_path / "clips" / str(c), image_type="png") as writer:
            writer.intrinsics = np.array([[100.0 + c, 0, 63.5], [0, 100, 31.5], [0, 0, 1]])
            for i in range(length):
                writer.add(np.full([64, 128, 3], 100 * c + 8 * i, np.uint8))
    (tmp_path / "clips" / "0" / "images" / "000006.png").write_bytes(b"no image")
    if request.param == "files":
        return read_clips(tmp_path / "clips")
    tfrecord_writer.write_records(tmp_path / "clips", tmp_path / "records", 1)
    return read_clips(tmp_path / "records")


def epoch(clips, first_step=0, count=5):
    with broken_frames.tolerated(NUM_WINDOWS, 0.5) as broken:
        batches = pipeline.training_batches(clips, CONFIG, 0, first_step, broken=broken)
        return list(itertools.islice(batches, count)), broken.summary()


def test_batches_skip_a_broken_frame_and_use_the_other_windows_camera(clips, capsys):
    batches, summary = epoch(clips)
    greys, focal_lengths = (
        np.concatenate([get(batch) for batch in batches])
        for get in (
            lambda batch: np.rint(255 * batch["clean_images"][:, :, 0, 0, 0]),
            lambda batch: np.array(batch["intrinsics"][:, 0, 0]),
        )
    )
    assert set(greys[:, 0]) == {0, 8, 16, 24, 100, 108, 116}  # 32 and 40 are broken.
    np.testing.assert_array_equal(greys - greys[:, :1], np.tile([0, 8, 16], (10, 1)))
    np.testing.assert_array_equal(focal_lengths, np.where(greys[:, 0] < 100, 50.0, 50.5))
    assert "frames: 1, in 2 of 9 windows" in summary
    assert capsys.readouterr().err.count("000006.png: expected an image file.") == 1


def test_a_resumed_pipeline_skips_the_same_frames(clips):
    whole, resumed = epoch(clips)[0], epoch(clips, first_step=2, count=3)[0]
    for expected, received in zip(whole[2:], resumed, strict=True):
        for name in expected:
            np.testing.assert_array_equal(expected[name], received[name])


def test_a_plain_batch_skips_broken_frames_too(clips):
    batch = pipeline.plain_batch(clips, CONFIG, [0, 4], BrokenFrames(NUM_WINDOWS, 0.5))
    np.testing.assert_array_equal(np.rint(255 * batch["images"][:, 0, 0, 0, 0]), [0, 100])
    np.testing.assert_array_equal(batch["intrinsics"][:, 0, 0], [50.0, 50.5])


def test_a_clips_size_is_that_of_its_first_whole_image(clips):
    folder = clips[0].folder.parents[1] / "clips" / "1"
    for name in ("000000.png", "000001.png"):
        (folder / "images" / name).write_bytes(b"no image")
    assert read_clip(folder).size == (64, 128)
