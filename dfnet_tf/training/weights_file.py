"""A model's state on disk: Keras's weights file, which every backend reads, and two additions.

Keras leaves out what metrics have averaged so far: `averages/` in the same file holds it. HDF5 does
not notice a changed byte; and where the disk fills up while it writes, it brings down the whole
process later on. So the file is made in memory, written in one piece, and ends with a SHA-256 of
all before, which HDF5 itself passes over.
"""

import hashlib
import io
import os
import pathlib
from collections.abc import Sequence

import h5py
import keras

from dfnet_tf.training import untrusted_weights

AVERAGES = "averages"
MARK = b"\nsha256:"
LENGTH = len(MARK) + hashlib.sha256().digest_size
# What h5py and Keras raise of a file that is not as they expect, without its path.
REFUSALS = (OSError, KeyError, ValueError, RuntimeError, TypeError)


class WeightsError(ValueError):
    """A file of weights that is damaged, or another model's."""


class _Memory(io.BytesIO):
    """A file in memory under a name by which Keras knows what to write into it."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def write(model: keras.Model, path: pathlib.Path, half: bool = False) -> None:
    """Writes weights, optimizer and averages as `path`, which appears whole or not at all.

    Args:
      model: built; one that is not compiled has no optimizer to write.
      path: of the file.
      half: keep every number in float16, in half the space: enough to predict with.

    Raises:
      OSError: of the disk, with the path; what was at `path` before stays.
    """
    memory = _Memory()
    model.save_weights(memory)
    with h5py.File(memory, "r+") as file:
        for variable in model.metrics_variables:
            file[f"{AVERAGES}/{variable.path}"] = variable.numpy()
    if half:
        memory = _halved(memory)
    unfinished = path.with_name("unfinished.weights.h5")  # One name: nothing piles up when killed.
    try:
        _write_durably(unfinished, memory.getbuffer())
        os.replace(unfinished, path)
        _sync_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _halved(memory: _Memory) -> _Memory:
    """The same HDF5 file, its float32 arrays in float16."""
    small = _Memory()
    with h5py.File(memory) as source, h5py.File(small, "w") as file:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                copied = file.require_group(name)
            else:
                values = item[()]
                kind = "float16" if item.dtype == "float32" else item.dtype
                copied = file.create_dataset(name, data=values.astype(kind))
            copied.attrs.update(item.attrs)

        file.attrs.update(source.attrs)
        source.visititems(copy)
    return small


def load(
    model: keras.Model, path: pathlib.Path, skipped: Sequence[keras.layers.Layer] = ()
) -> None:
    """Loads what `write` wrote, but for the parts of the model that are `skipped`.

    Files without a checksum, as Keras itself writes them, are taken as they are.

    Raises:
      WeightsError: the file is damaged, or another model's; the model may be half-loaded then.
    """
    try:
        _check(path)
        untrusted_weights.check(path)
        model.load_weights(path, objects_to_skip=skipped)
        with h5py.File(path) as file:
            for variable in model.metrics_variables:
                if (name := f"{AVERAGES}/{variable.path}") in file:
                    variable.assign(file[name][()])
    except REFUSALS as error:
        raise WeightsError(
            f"{path}: expected a whole checkpoint of this run. Received: {error}"
        ) from error


def _write_durably(path: pathlib.Path, data: memoryview) -> None:
    with open(path, "wb", buffering=0) as file:
        for part in (data, MARK, hashlib.sha256(data).digest()):
            _write_all(file, part)
        os.fsync(file.fileno())


def _write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """A disk that is nearly full, or a file of over 2 GB, takes a part at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _sync_folder(folder: pathlib.Path) -> None:
    """Makes the names in a folder outlast a power cut, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check(path: pathlib.Path) -> None:
    """Raises ValueError if the file ends with a checksum that is not its own."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - LENGTH, 0))
        mark, digest = (end := file.read())[: len(MARK)], end[len(MARK) :]
        if mark != MARK:
            return
        file.seek(0)
        found, left = hashlib.sha256(), size - LENGTH
        while left and (part := file.read(min(left, 1 << 20))):
            found.update(part)
            left -= len(part)
    if found.digest() != digest:
        raise ValueError("other bytes than were written.")
