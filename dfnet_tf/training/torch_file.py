"""Reads the tensors of a PyTorch weights file without PyTorch and without running its code."""

import collections
import math
import os
import pathlib
import pickle
from typing import BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C  # First object of every file that torch.save wrote before 1.6.
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

# Errors that a pickle of unexpected objects may raise.
WRONG_OBJECTS = (ValueError, TypeError, KeyError, IndexError, AttributeError)


class TorchFileError(ValueError):
    """Not a file of plain tensors that torch.save wrote before version 1.6."""


def read_tensors(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the state dictionary of a file: arrays by name.

    A pickle can call any function. This reader allows only the names that a dictionary of tensors
    needs, and replaces PyTorch's functions by its own. A file may still request any amount of
    memory; therefore `imagenet` reads only a file with a known checksum.

    Raises:
      TorchFileError: the file uses other names, is truncated, or has tensors outside their storage.
    """
    try:
        with open(path, "rb") as file:
            if _Unpickler(file).load() != MAGIC:
                raise TorchFileError("a file that PyTorch before version 1.6 did not write")
            for _ in ("protocol version", "byte order"):
                _Unpickler(file).load()
            unpickler = _Unpickler(file)
            tensors = unpickler.load()
            _read_storages(file, unpickler.storages)
            return {name: tensor() for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, *WRONG_OBJECTS) as error:
        raise TorchFileError(
            f"{path}: expected a dictionary of tensors that torch.save wrote before version 1.6. "
            f"Received: {error}"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Makes empty tensors; their numbers follow the pickle in the file."""

    def __init__(self, file: BinaryIO):
        super().__init__(file)
        self._file_size = os.fstat(file.fileno()).st_size
        self.storages: dict[str, np.ndarray] = {}

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _later
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise TorchFileError(f"the name {module}.{name}")

    def persistent_load(self, pid):
        _, dtype, key, _, size, _ = pid
        if dtype not in STORAGES.values() or size * dtype.itemsize > self._file_size:
            raise TorchFileError(f"a storage of {size} {dtype}, longer than the file")
        return self.storages.setdefault(key, np.zeros(size, dtype))


def _later(storage, offset, shape, strides, *_):
    """Delays the creation of a tensor, a view of its storage, until the numbers are read."""

    def tensor() -> np.ndarray:
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        # Negative strides could leave the storage in between; strides of 0 could exhaust memory.
        inside = min((0, *strides)) >= 0 <= offset and last < storage.size
        if not (inside and min((1, *shape)) >= 1 and math.prod(shape) <= storage.size):
            raise TorchFileError(f"a tensor outside its storage, of shape {shape}")
        steps = [step * storage.itemsize for step in strides]
        return np.lib.stride_tricks.as_strided(storage[offset:], shape, steps).copy()

    return tensor


def _read_storages(file: BinaryIO, storages: dict[str, np.ndarray]) -> None:
    """Fills the storages in the file's order: for each a count, then its numbers."""
    for key in _Unpickler(file).load():
        storage = storages[key]
        count = int.from_bytes(file.read(8), "little")
        data = file.read(storage.nbytes)
        if count != storage.size or len(data) != storage.nbytes:
            raise TorchFileError("a truncated storage")
        storage[:] = np.frombuffer(data, storage.dtype)
