"""Interrupted work: clips are complete at the end and kept in between."""

import errno
import fcntl
import json
import threading

import numpy as np
import pytest
from folder_contents import contents

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.preparation.clip_making import clip_entry, recording_entry
from dfnet_tf.data.preparation.resumable_work import Job, produce
from dfnet_tf.program import outputs

SETTINGS = {"width": 64}


def write_clip(folder, level):
    with ClipWriter(folder) as writer:
        writer.intrinsics = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
        for i in range(3):
            writer.add(np.full((48, 64, 3), level + i, np.uint8))
    return clip_entry(folder.name, 3, (48, 64), writer.intrinsics, "a test")


class Work:
    """Makes jobs, and records which were done."""

    def __init__(self):
        self.done = []

    def job(self, name, error=None, num_clips=1, dropped=0):
        def make(folder, on_frame):
            names = [f"{name}_{i:02d}" for i in range(num_clips)] if num_clips > 1 else [name]
            clips = [write_clip(folder / names[i], 10 * i) for i in range(num_clips)]
            on_frame(3 * num_clips)
            if error:
                raise error
            self.done.append(name)
            reasons = {"static": dropped} if dropped else {}
            return recording_entry(name, 3 * num_clips + dropped, reasons, clips)

        return Job(name, 3 * num_clips + dropped, make)


@pytest.fixture
def work():
    return Work()


def test_the_output_is_a_folder_of_clips_and_what_became_of_the_frames(work, tmp_path):
    jobs = [work.job("b", num_clips=2, dropped=4), work.job("a", dropped=1), work.job("c")]
    dataset = produce(jobs, tmp_path / "new" / "out", SETTINGS, 2)
    out = tmp_path / "new" / "out"
    assert [clip.folder.name for clip in read_clips(out)] == ["a", "b_00", "b_01", "c"]
    assert dataset == json.loads((out / "dataset.json").read_text())
    assert dataset["settings"] == SETTINGS
    assert dataset["totals"] == {
        "recordings": 3,
        "clips": 4,
        "frames_read": 17,
        "frames_kept": 12,
        "unreadable": 0,
        "dropped": {"static": 5},
    }
    assert [entry["name"] for entry in dataset["recordings"]] == ["b", "a", "c"]
    assert list(out.parent.iterdir()) == [out]
    outputs.refuse_existing(out, overwrite=True)  # May be replaced.


def test_the_result_is_the_same_for_any_number_of_workers(work, tmp_path):
    for workers in (1, 4):
        jobs = [work.job(f"clip-{i}", num_clips=1 + i % 2) for i in range(6)]
        produce(jobs, tmp_path / str(workers), SETTINGS, workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "4")


@pytest.mark.parametrize("error", [ClipError("broken"), KeyboardInterrupt(), KeyError("a bug")])
def test_what_was_finished_is_not_made_again(work, tmp_path, capsys, error):
    out = tmp_path / "out"
    names = "a", "b", "c"  # The last one fails; before it stops, a worker may start another.
    with pytest.raises(type(error)):
        produce([work.job(n, error if n == "c" else None) for n in names], out, SETTINGS, 1)
    assert not out.exists()
    told = capsys.readouterr().err
    assert "2 of 3 recordings are finished; run the same command to continue" in told
    produce([work.job(n) for n in names], out, SETTINGS, 1)
    assert work.done == ["a", "b", "c"]
    assert "Resuming: 2 of 3 recordings are finished." in capsys.readouterr().out
    produce([work.job(n) for n in names], tmp_path / "undisturbed", SETTINGS, 1)
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_recording_whose_clips_are_gone_is_made_again(work, tmp_path):
    """The state after a kill while finished clips were moved to the output."""
    with pytest.raises(ClipError):
        produce([work.job("a"), work.job("b", ClipError("no"))], tmp_path / "out", SETTINGS, 1)
    (tmp_path / ".out.partial" / "clips" / "a").rename(tmp_path / "moved")
    produce([work.job("a"), work.job("b")], tmp_path / "out", SETTINGS, 1)
    assert len(read_clips(tmp_path / "out")) == 2


def test_other_settings_start_afresh(work, tmp_path):
    broken = work.job("b", ClipError("broken"))
    with pytest.raises(ClipError):
        produce([work.job("a"), broken], tmp_path / "out", SETTINGS, 1)
    produce([work.job("a"), work.job("b")], tmp_path / "out", {"width": 32}, 1)
    assert work.done == ["a", "a", "b"]


def test_a_recording_that_is_asked_for_no_more_leaves_no_clip(work, tmp_path):
    with pytest.raises(ClipError):
        produce([work.job("a"), work.job("b", ClipError("no"))], tmp_path / "out", SETTINGS, 1)
    dataset = produce([work.job("c")], tmp_path / "out", SETTINGS, 1)
    assert dataset["totals"]["clips"] == 1
    assert [clip.folder.name for clip in read_clips(tmp_path / "out")] == ["c"]


def test_half_a_recording_leaves_no_clip_behind(work, tmp_path):
    with pytest.raises(ClipError):
        jobs = [work.job("a"), work.job("b", ClipError("broken"), num_clips=3)]
        produce(jobs, tmp_path / "out", SETTINGS, 1)
    partial = tmp_path / ".out.partial" / "clips"
    (partial / ".b_03.abcdefgh" / "new").mkdir(parents=True)  # The state after kill -9.
    produce([work.job("a"), work.job("b")], tmp_path / "out", SETTINGS, 1)
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == {"a", "b", "dataset.json", outputs.MARK}


def test_nothing_stays_of_nothing(work, tmp_path, capsys):
    with pytest.raises(ClipError):
        produce([work.job("a", ClipError("broken"))], tmp_path / "out", SETTINGS, 2)
    with pytest.raises(ClipError, match=r"Received: 7 frames, all dropped \(7 static\)"):
        produce([work.job("a", num_clips=0, dropped=7)], tmp_path / "out", SETTINGS, 2)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


def test_an_error_stops_the_other_workers(tmp_path):
    failed, ticks = threading.Event(), []

    def fail(_, __):
        failed.set()
        raise ClipError("broken")

    def endless(_, on_frame):
        failed.wait()
        while True:
            on_frame()
            ticks.append(1)

    with pytest.raises(ClipError, match="broken"):
        jobs = [Job("a", 0, fail), Job("b", 0, endless), Job("c", 0, endless)]
        produce(jobs, tmp_path / "out", SETTINGS, 2)
    assert list(tmp_path.iterdir()) == []


def test_an_older_output_stays_until_the_new_one_is_whole(work, tmp_path):
    out = tmp_path / "out"
    produce([work.job("old")], out, SETTINGS, 1)
    with pytest.raises(ClipError):
        produce([work.job("new"), work.job("b", ClipError("broken"))], out, SETTINGS, 1)
    assert (out / "old").is_dir()
    produce([work.job("new")], out, SETTINGS, 1)
    assert [clip.folder.name for clip in read_clips(out)] == ["new"]


def test_another_delivery_is_handed_the_finished_clips(work, tmp_path):
    def deliver(clips, output):
        assert (clips / "dataset.json").exists()
        output.write_text(f"{len(read_clips(clips))} clips")

    def fail(*_):
        raise OSError("the disk is full")

    jobs = [work.job("a"), work.job("b")]
    with pytest.raises(OSError, match="full"):
        produce(jobs, tmp_path / "out", SETTINGS, 1, fail)
    produce(jobs, tmp_path / "out", SETTINGS, 1, deliver)
    assert work.done == ["a", "b"]
    assert (tmp_path / "out").read_text() == "2 clips"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_processes_never_make_one_folder(work, tmp_path):
    (tmp_path / ".out.partial").mkdir()
    with (tmp_path / ".out.partial" / "claim").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(outputs.OutputError, match="no other process writes"):
            produce([work.job("a")], tmp_path / "out", SETTINGS, 1)
    produce([work.job("a")], tmp_path / "out", SETTINGS, 1)


@pytest.mark.parametrize("names", [("a", "b", "a"), ("a", "a_01"), ("a_00", "a")])
def test_names_that_could_mix_clips_up_are_refused(work, tmp_path, names):
    with pytest.raises(ClipError, match="different clip names. Received: a and a"):
        produce([work.job(name) for name in names], tmp_path / "out", SETTINGS, 1)
    assert list(tmp_path.iterdir()) == []


def test_names_with_numbers_are_no_trouble_by_themselves(work, tmp_path):
    names = "drive_0001_02", "drive_0001_03", "odometry_00", "a", "a_2"
    produce([work.job(name) for name in names], tmp_path / "out", SETTINGS, 2)
    assert len(read_clips(tmp_path / "out")) == 5


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_without_locks_the_work_goes_on_and_says_so(work, tmp_path, monkeypatch, capsys, number):
    def flock(*_):
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    produce([work.job("a")], tmp_path / "out", SETTINGS, 1)
    assert [clip.name for clip in read_clips(tmp_path / "out")] == ["a"]
    assert f"{tmp_path}: this file system has no locks" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
