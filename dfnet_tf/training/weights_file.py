"""A model's state on disk: Keras's weights file, readable on every backend, with two additions.

Keras does not save the current averages of metrics; `averages/` in the same file holds them. HDF5
does not detect a changed byte, and if the disk fills up while HDF5 writes, the process crashes
later. So the file is built in memory, written at once, and ends with a SHA-256 of everything before
it. HDF5 ignores such trailing bytes.
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
# Errors of h5py and Keras for unexpected files; they do not name the path.
REFUSALS = (OSError, KeyError, ValueError, RuntimeError, TypeError)


class WeightsError(ValueError):
    """A weights file that is damaged, or belongs to another model."""


class _Memory(io.BytesIO):
    """A file in memory, with a name that tells Keras the format."""

    def __str__(self) -> str:
        return "memory.weights.h5"


def write(model: keras.Model, path: pathlib.Path, half: bool = False) -> None:
    """Writes weights, optimizer and averages to `path`. The file appears whole or not at all.

    Args:
      model: built; a model that is not compiled has no optimizer to write.
      path: of the file.
      half: store float32 arrays as float16, at half the size. This suffices for prediction.

    Raises:
      OSError: of the disk, with the path; an earlier file at `path` stays.
    """
    memory = _Memory()
    model.save_weights(memory)
    with h5py.File(memory, "r+") as file:
        for variable in model.metrics_variables:
            file[f"{AVERAGES}/{variable.path}"] = variable.numpy()
    if half:
        memory = _halved(memory)
    unfinished = path.with_name("unfinished.weights.h5")  # One name: killed runs leave one file.
    try:
        _write_durably(unfinished, memory.getbuffer())
        os.replace(unfinished, path)
        _sync_folder(path.parent)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def _halved(memory: _Memory) -> _Memory:
    """Copies an HDF5 file, with its float32 arrays as float16."""
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
    """Loads a file written by `write`, except for the parts of the model in `skipped`.

    Files without a checksum, as Keras writes them, are not checked for changed bytes.

    Raises:
      WeightsError: the file is damaged or belongs to another model. The model may be half loaded.
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
    """Writes repeatedly: a nearly full disk, or a file over 2 GB, takes a part at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _sync_folder(folder: pathlib.Path) -> None:
    """Makes the names in a folder survive a power cut, if the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _check(path: pathlib.Path) -> None:
    """Raises ValueError if the file's checksum does not match its bytes."""
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
        raise ValueError("bytes that do not match the file's checksum.")
