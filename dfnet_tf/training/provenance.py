"""Records the program, versions, machine and data of every start of a run."""

import contextlib
import datetime
import hashlib
import importlib.metadata
import json
import pathlib
import platform
import subprocess
import sys
from collections.abc import Sequence

import tensorflow as tf

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.files.stored_bytes import TO_THE_END, Stored
from dfnet_tf.training import run_lists

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "h5py", "opencv-python-headless")
FILE = "provenance.json"


def note_start(run_dir: pathlib.Path, clips: Sequence[Clip], step: int) -> None:
    """Adds this start to the run's provenance.json; warns if something changed since the last.

    Args:
      run_dir: the run's folder.
      clips: the training clips.
      step: the step at which training starts.

    Raises:
      RunError: provenance.json is not a file that this program wrote.
    """
    path = run_dir / FILE
    starts, now = run_lists.read(path), _start(clips, step)
    if changes := starts and _changes(starts[-1], now):
        print(
            f"Warning: since {run_dir} was last started, this has changed: {', '.join(changes)}. "
            "The resulting weights may differ.",
            file=sys.stderr,
        )
    run_lists.write(path, [*starts, now])


def fingerprint(clips: Sequence[Clip]) -> str:
    """A SHA-256 of the clips, independent of their location and storage form.

    Covers clip names, sizes and intrinsics, every image's name and length in bytes, and the bytes
    of each clip's first and last image; reading all images would take minutes. An unreadable image
    counts as empty.
    """
    digest = hashlib.sha256()
    for clip in clips:
        frames = [clip.stored("images", i) for i in range(len(clip))]
        files = [path.name for path in clip.images], [_length(frame) for frame in frames]
        described = [clip.name, clip.size, clip.intrinsics.tolist(), files]
        digest.update(json.dumps(described).encode())
        for frame in (frames[0], frames[-1]):
            with contextlib.suppress(OSError):
                digest.update(frame.read())
    return digest.hexdigest()


def _length(stored: Stored) -> int:
    with contextlib.suppress(OSError):
        return stored.path.stat().st_size if stored.length == TO_THE_END else stored.length
    return 0


def git_state(folder: pathlib.Path) -> dict[str, str | bool] | None:
    """The program's commit in `folder`, and whether the files differ from it.

    None without git, or if `folder` is not in a repository that tracks it.
    """
    if not _git(folder, "ls-files", "--error-unmatch", "__init__.py"):
        return None
    changed = _git(folder, "status", "--porcelain", ".")
    return {"commit": _git(folder, "rev-parse", "HEAD"), "dirty": bool(changed)}


def _git(folder: pathlib.Path, *arguments: str) -> str | None:
    try:
        ended = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):  # Not installed; no repository.
        return None
    return ended.stdout.strip()


def _start(clips: Sequence[Clip], step: int) -> dict:
    return {
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "step": step,
        "command": sys.argv,
        "git": git_state(pathlib.Path(__file__).parents[1]),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": platform.platform(),
            "devices": [
                tf.config.experimental.get_device_details(device).get("device_name", device.name)
                for device in tf.config.list_physical_devices()
            ],
        },
        "data": {
            "clips": {str(clip.folder): len(clip) for clip in clips},
            "fingerprint": fingerprint(clips),
        },
    }


def _versions() -> dict[str, str]:
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # Only one TensorFlow package is installed.
            continue
    return installed


def _changes(before: dict, now: dict) -> list[str]:
    """The changes that can affect the weights."""
    old, new = before["versions"], now["versions"]
    changes = [
        f"{name} {old.get(name)} -> {new.get(name)}"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]
    if before["data"]["fingerprint"] != now["data"]["fingerprint"]:
        changes.append("the clips")
    return changes
