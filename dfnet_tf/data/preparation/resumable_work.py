"""Makes a folder of clips from several recordings in parallel; resumes interrupted work."""

import contextlib
import errno
import fcntl
import json
import re
import shutil
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.stored_bytes import BROKEN_JSON, read_text
from dfnet_tf.program import outputs
from dfnet_tf.program.progress import progress

DATASET_FILE = "dataset.json"
WITHOUT_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL)


@dataclass(frozen=True)
class Job:
    """The work of making clips from one recording.

    Attributes:
      name: unique; the names of its clips begin with it.
      num_frames: the number of frames that it will report; 0 if unknown.
      make: called with the folder for the clips and with a callback for every frame (or, with a
        number, for several frames); returns the recording's entry in dataset.json.
    """

    name: str
    num_frames: int
    make: Callable[[Path, Callable[..., None]], dict]


class _Stopped(Exception):
    """Ends a thread's work after another thread failed, or after Ctrl-C."""


def produce(
    jobs: list[Job],
    output: Path,
    settings: dict,
    num_workers: int,
    deliver: Callable[[Path, Path], None] | None = None,
) -> dict:
    """Makes the clips of all `jobs`. `output` appears, or is replaced, when all is done.

    Until then the clips are in the hidden folder .NAME.partial beside `output`. After any
    interruption, also kill -9, finished recordings stay there, and the next call with the same
    `settings` continues with the others; other settings start again. A folder without any finished
    clip is removed.

    Args:
      jobs: at least one.
      output: the folder of clips to write, with dataset.json.
      settings: the settings that determine the clips, ready for JSON; stored in dataset.json.
      num_workers: number of recordings processed in parallel.
      deliver: makes `output` from the finished folder of clips; default: moves it.

    Returns:
      The content of dataset.json.

    Raises:
      ClipError: no clip is left; or clips of different `jobs` could have the same name.
      OutputError: another process is making the same folder.
    """
    _refuse_mixing([job.name for job in jobs])
    with _claimed(output.absolute().with_name(f".{output.name}.partial")) as folder:
        unfinished = _Unfinished(folder, json.dumps(settings, indent=1))
        if finished := len(unfinished.entries(jobs)):
            print(f"Resuming: {finished} of {len(jobs)} recordings are finished.")
        try:
            unfinished.make(jobs, num_workers)
            dataset = _dataset(unfinished.entries(jobs), settings)
        except BaseException:
            unfinished.tell_what_stays(jobs)
            raise
        (unfinished.clips / DATASET_FILE).write_text(json.dumps(dataset, indent=1) + "\n")
        (deliver or _move)(unfinished.clips, output)
        shutil.rmtree(folder)
    return dataset


class _Unfinished:
    """A folder of unfinished work: clips/, and an entry for each finished recording.

    A recording's entry is written atomically after its last clip. Clips without an entry are
    removed at the next start.
    """

    def __init__(self, folder: Path, settings: str):
        self.folder = folder
        self.clips, self._entries = folder / "clips", folder / "recordings"
        saved = folder / "settings.json"
        if not saved.is_file() or read_text(saved) != settings:
            for path in (self.clips, self._entries):
                shutil.rmtree(path, ignore_errors=True)
            with outputs.whole_file(saved) as file:
                file.write_text(settings)
        self.clips.mkdir(exist_ok=True)
        self._entries.mkdir(exist_ok=True)

    def entries(self, jobs: list[Job]) -> dict[str, dict]:
        """The dataset.json entries of all finished recordings, in the order of `jobs`."""
        files = {job.name: self._entries / f"{job.name}.json" for job in jobs}
        entries = {name: self._entry(file) for name, file in files.items() if file.is_file()}
        return {name: entry for name, entry in entries.items() if entry is not None}

    def _entry(self, file: Path) -> dict | None:
        """A finished recording's entry; None if it is damaged or one of its clips is missing."""
        try:
            entry = json.loads(read_text(file))
            counts = [entry["frames_read"], entry["frames_kept"], *entry["dropped"].values()]
            are_there = [(self.clips / one["name"]).is_dir() for one in entry["clips"]]
        except (*BROKEN_JSON, OSError, AttributeError):
            return None
        return entry if all(are_there) and all(type(count) is int for count in counts) else None

    def make(self, jobs: list[Job], num_workers: int) -> None:
        """Does the unfinished `jobs` in parallel; the first error, or Ctrl-C, stops all."""
        finished = self.entries(jobs)
        self._remove_all_but(finished)
        jobs = [job for job in jobs if job.name not in finished]
        counts = [job.num_frames for job in jobs]
        total = sum(counts) if all(counts) else None  # Unknown if any count is unknown.
        stop, one_at_a_time = threading.Event(), threading.Lock()
        with (
            progress(iter(()), "Preparing", "frame", total) as bar,
            ThreadPoolExecutor(num_workers) as threads,
        ):

            def on_frame(count: int = 1) -> None:
                if stop.is_set():
                    raise _Stopped
                with one_at_a_time:
                    bar.update(count)

            try:
                for done in as_completed([threads.submit(self._do, j, on_frame) for j in jobs]):
                    done.result()
            except BaseException:
                stop.set()
                threads.shutdown(cancel_futures=True)
                raise

    def tell_what_stays(self, jobs: list[Job]) -> None:
        """Keeps finished recordings for the next start; without any, removes the folder."""
        finished = self.entries(jobs)
        if any(entry["clips"] for entry in finished.values()):
            what = f"{len(finished)} of {len(jobs)} recordings are finished"
            print(f"{what}; run the same command to continue with the others.", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    def _do(self, job: Job, on_frame: Callable[..., None]) -> None:
        entry = job.make(self.clips, on_frame)
        with outputs.whole_file(self._entries / f"{job.name}.json") as file:
            file.write_text(json.dumps(entry))

    def _remove_all_but(self, finished: dict[str, dict]) -> None:
        """Removes clips of interrupted recordings, and hidden folders of unfinished clips."""
        kept = {one["name"] for entry in finished.values() for one in entry["clips"]}
        for path in self.clips.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[Path]:
    """Creates `folder` if missing, and locks it against other processes inside the block."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(path.is_symlink() for path in (folder, *folder.iterdir())):
        # Writing or removing through a link would change files elsewhere.
        raise outputs.OutputError(
            f"{folder}: expected a folder that this program wrote. Received: one with links."
        )
    with (folder / "claim").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Released even after kill -9.
        except BlockingIOError as error:
            raise outputs.OutputError(
                f"{folder}: expected a folder that no other process writes. Received: one in use."
            ) from error
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            print(
                f"{folder.parent}: this file system has no locks; do not start a second command "
                "with the same output before this one ends.",
                file=sys.stderr,
            )
        yield folder


def _move(clips: Path, output: Path) -> None:
    with outputs.whole_folder(output) as new:
        for path in clips.iterdir():
            path.rename(new / path.name)


def _dataset(entries: dict[str, dict], settings: dict) -> dict:
    """The content of dataset.json. Raises ClipError if no recording has a clip."""
    recordings = list(entries.values())
    dropped = sum((Counter(entry["dropped"]) for entry in recordings), Counter())
    totals = {
        "recordings": len(recordings),
        "clips": sum(len(entry["clips"]) for entry in recordings),
        "frames_read": sum(entry["frames_read"] for entry in recordings),
        "frames_kept": sum(entry["frames_kept"] for entry in recordings),
        "unreadable": sum("error" in entry for entry in recordings),
        "dropped": dict(sorted(dropped.items())),
    }
    if totals["clips"] == 0:
        if errors := [entry["error"] for entry in recordings if "error" in entry]:
            raise ClipError(f"{errors[0]} No recording is left.")
        raise ClipError(
            "Expected recordings with enough consecutive frames, and motion between them, for a "
            f"clip. Received: {totals['frames_read']} frames, all dropped ({listed(dropped)})."
        )
    return {"settings": settings, "totals": totals, "recordings": recordings}


def listed(dropped: dict[str, int]) -> str:
    """Formats counts by reason: "3 static, 1 cannot be decoded"."""
    return ", ".join(f"{count} {reason}" for reason, count in dropped.items())


def _refuse_mixing(names: list[str]) -> None:
    """Refuses equal names, and "a" beside "a_01", which could be the second clip of "a"."""
    known, seen = set(names), set()
    for name in names:
        piece_of = re.sub(r"_\d{2,}$", "", name)
        if name in seen or (piece_of != name and piece_of in known):
            raise ClipError(
                "Expected recordings with different clip names. "
                f"Received: {piece_of if piece_of in known else name} and {name}."
            )
        seen.add(name)
