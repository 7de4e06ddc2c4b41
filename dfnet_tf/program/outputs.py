"""Files and folders that appear whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARK = ".dfnet_output"  # Marks folders made here: only marked folders are ever replaced.


class OutputError(ValueError):
    """An output that exists already, or that must not be replaced."""


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raises OutputError if `path` exists and may not be replaced, or cannot be written.

    Called first, so that no work is lost.
    """
    if not os.path.lexists(path):  # Also true for a broken link, which must not be overwritten.
        _refuse_unwritable(path)
        return
    if not overwrite:
        raise OutputError(
            f"{path}: expected a new path, or --overwrite. Received: an existing path."
        )
    if path.is_dir() and any(path.iterdir()) and not (path / MARK).exists():
        # A mistyped path must not delete a folder of the user.
        raise OutputError(
            f"{path}: expected a folder written by this program to overwrite. Received: another."
        )


def _refuse_unwritable(path: Path) -> None:
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)):
        expected = "a path below a writable folder"
        raise OutputError(f"{path}: expected {expected}. Received: a path below {parent}.")


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields a hidden new folder, which becomes `path` if the block ends without an exception."""
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
    """Yields a hidden new path with the same suffix, renamed to `path` when the block ends."""
    with _hidden_beside(path) as hidden:
        new = hidden / f"new{path.suffix}"
        yield new
        os.replace(new, path)


@contextlib.contextmanager
def _hidden_beside(path: Path) -> Iterator[Path]:
    """A temporary folder on the same file system, so that a rename is atomic."""
    parent = path.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=f".{path.name}.") as hidden:
        try:
            yield Path(hidden)
        except OSError as error:  # The error of a full disk does not name the file.
            error.filename = path if error.filename is None else error.filename
            raise
