"""Makes a folder of clips, several recordings at a time, and goes on where it was interrupted."""

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
    """A recording to make clips of.

    Attributes:
      name: begins the name of each of its clips; unique.
      num_frames: how many frames it will report; 0 if not known.
      make: called with the folder to put clips into and with what to call after each frame (or,
        with a number, after several); returns the recording's entry in dataset.json.
    """

    name: str
    num_frames: int
    make: Callable[[Path, Callable[..., None]], dict]


class _Stopped(Exception):
    """Ends the work of a thread after another one failed, or after Ctrl-C."""


def produce(
    jobs: list[Job],
    output: Path,
    settings: dict,
    num_workers: int,
    deliver: Callable[[Path, Path], None] | None = None,
) -> dict:
    """Makes the clips of all `jobs`; `output` appears when all is done, an older one is replaced.

    Until then they are in the hidden folder .NAME.partial beside `output`. Whatever ends the work,
    kill -9 included, the recordings that were finished stay there, and the next call with the same
    `settings` goes on with the others; other settings start afresh. Nothing stays of nothing.

    Args:
      jobs: at least one.
      output: the folder of clips to write, with dataset.json.
      settings: what the clips depend on, fit for JSON; becomes part of dataset.json.
      num_workers: how many recordings are worked on at a time.
      deliver: makes `output` from the finished folder of clips; moves it there if left out.

    Returns:
      The content of dataset.json.

    Raises:
      ClipError: no clip is left; or names of `jobs` could mix their clips up.
      OutputError: another process is making the same folder.
    """
    _refuse_mixing([job.name for job in jobs])
    with _claimed(output.absolute().with_name(f".{output.name}.partial")) as folder:
        unfinished = _Unfinished(folder, json.dumps(settings, indent=1))
        if finished := len(unfinished.entries(jobs)):
            print(f"Going on: {finished} of {len(jobs)} recordings were finished before.")
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
    """The folder of a production that has not ended: clips/, and an entry for each recording done.

    A recording's entry is written, in one step, after its last clip. Clips without one are removed
    at the next start.
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
        """What dataset.json will say of each finished recording, in the order of `jobs`."""
        files = {job.name: self._entries / f"{job.name}.json" for job in jobs}
        entries = {name: self._entry(file) for name, file in files.items() if file.is_file()}
        return {name: entry for name, entry in entries.items() if entry is not None}

    def _entry(self, file: Path) -> dict | None:
        """A finished recording's entry; None if it is damaged, or a clip of it is gone."""
        try:
            entry = json.loads(read_text(file))
            counts = [entry["frames_read"], entry["frames_kept"], *entry["dropped"].values()]
            are_there = [(self.clips / one["name"]).is_dir() for one in entry["clips"]]
        except (*BROKEN_JSON, OSError, AttributeError):
            return None
        return entry if all(are_there) and all(type(count) is int for count in counts) else None

    def make(self, jobs: list[Job], num_workers: int) -> None:
        """Does what is left of `jobs`, several at a time; the first error, or Ctrl-C, stops all."""
        finished = self.entries(jobs)
        self._remove_all_but(finished)
        jobs = [job for job in jobs if job.name not in finished]
        counts = [job.num_frames for job in jobs]
        total = sum(counts) if all(counts) else None  # One of them is not known.
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
        """Keeps finished recordings for the next start, or removes everything if there are none."""
        finished = self.entries(jobs)
        if any(entry["clips"] for entry in finished.values()):
            what = f"{len(finished)} of {len(jobs)} recordings are finished"
            print(f"{what}: the same command will go on with the others.", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    def _do(self, job: Job, on_frame: Callable[..., None]) -> None:
        entry = job.make(self.clips, on_frame)
        with outputs.whole_file(self._entries / f"{job.name}.json") as file:
            file.write_text(json.dumps(entry))

    def _remove_all_but(self, finished: dict[str, dict]) -> None:
        """Removes what interrupted recordings left: clips, and hidden folders of half a clip."""
        kept = {one["name"] for entry in finished.values() for one in entry["clips"]}
        for path in self.clips.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[Path]:
    """Makes `folder` if need be; no other process can claim it before the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(path.is_symlink() for path in (folder, *folder.iterdir())):
        # What is written, or removed, here would be so elsewhere.
        raise outputs.OutputError(
            f"{folder}: expected a folder that this program wrote. Received: one with links."
        )
    with (folder / "claim").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # Given back even by kill -9.
        except BlockingIOError as error:
            raise outputs.OutputError(
                f"{folder}: expected a folder that no other process writes. Received: one in use."
            ) from error
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
            print(
                f"{folder.parent}: no locks on this file system; start no second command with the "
                "same output before this one ends.",
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
            "Expected recordings with enough neighbouring frames, and motion between them, for a "
            f"clip. Received: {totals['frames_read']} frames, all dropped ({told(dropped)})."
        )
    return {"settings": settings, "totals": totals, "recordings": recordings}


def told(dropped: dict[str, int]) -> str:
    """Counts by reason, for people: "3 static, 1 cannot be decoded"."""
    return ", ".join(f"{count} {reason}" for reason, count in dropped.items())


def _refuse_mixing(names: list[str]) -> None:
    """Refuses equal names, and "a" beside "a_01": the second clip of "a" would be called so."""
    known, seen = set(names), set()
    for name in names:
        piece_of = re.sub(r"_\d{2,}$", "", name)
        if name in seen or (piece_of != name and piece_of in known):
            raise ClipError(
                "Expected recordings whose clips' names differ. "
                f"Received: {piece_of if piece_of in known else name} and {name}."
            )
        seen.add(name)
