"""Files and folders that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARK = ".dfnet_output"  # In every folder made here: only such folders are ever replaced.


class OutputError(ValueError):
    """An output that exists already, or that is not ours to replace."""


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raises OutputError if `path` exists and must not, or cannot safely, be replaced.

    Or if nothing can be written there, which would else be found after hours of work.
    """
    if not os.path.lexists(path):  # A link to nowhere is in the way as well.
        _refuse_unwritable(path)
        return
    if not overwrite:
        raise OutputError(f"{path}: expected a new path, or --overwrite. Received: an old one.")
    if path.is_dir() and any(path.iterdir()) and not (path / MARK).exists():
        # A mistyped path must not cost its owner the folder it names.
        raise OutputError(
            f"{path}: expected a folder written by this program to overwrite. Received: another."
        )


def _refuse_unwritable(path: Path) -> None:
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        expected = "a path below a folder that can be written to"
        raise OutputError(f"{path}: expected {expected}. Received: one below {parent}.")


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields a hidden new folder, which becomes `path` when the block ends cleanly."""
    with _hidden_beside(path) as hidden:
        new = hidden / "new"
        new.mkdir()
        (new / MARK).touch()
        yield new
        if os.path.lexists(path):
            path.rename(hidden / "old")
        new.rename(path)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a hidden new file name, of the same suffix, which becomes `path` at a clean end."""
    with _hidden_beside(path) as hidden:
        new = hidden / f"new{path.suffix}"
        yield new
        os.replace(new, path)


@contextlib.contextmanager
def _hidden_beside(path: Path) -> Iterator[Path]:
    """A temporary folder on the same file system, so that moving from it is one step."""
    parent = path.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f".{path.name}.") as hidden:
        try:
            yield Path(hidden)
        except OSError as error:  # A full disk is told without saying which file it was to hold.
            error.filename = path if error.filename is None else error.filename
            raise
