"""Reads the tensors of a PyTorch weights file without PyTorch, and without running code from it."""

import collections
import math
import os
import pathlib
import pickle
from typing import BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C  # Begins every file of torch.save before PyTorch 1.6.
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

# What a pickle of other objects than expected may raise.
WRONG_OBJECTS = (ValueError, TypeError, KeyError, IndexError, AttributeError)


class TorchFileError(ValueError):
    """Not a file of plain tensors as torch.save wrote them before version 1.6."""


def read_tensors(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The state dictionary of a file: arrays by name.

    A pickle can call any function. This one may name nothing but what a dictionary of tensors is
    made of; PyTorch's own functions are replaced by ours. It may still ask for any amount of
    memory: `imagenet` reads no file but the one whose checksum it knows.

    Raises:
      TorchFileError: it names anything else, is cut off, or has tensors outside their storage.
    """
    try:
        with open(path, "rb") as file:
            if _Unpickler(file).load() != MAGIC:
                raise TorchFileError("no file of PyTorch before version 1.6")
            for _ in ("protocol version", "byte order"):
                _Unpickler(file).load()
            unpickler = _Unpickler(file)
            tensors = unpickler.load()
            _read_storages(file, unpickler.storages)
            return {name: tensor() for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, *WRONG_OBJECTS) as error:
        raise TorchFileError(
            f"{path}: expected a dictionary of tensors, as torch.save wrote them before version "
            f"1.6. Received: {error}"
        ) from error


class _Unpickler(pickle.Unpickler):
    """Makes tensors to be filled in: their numbers follow the pickle in the file."""

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
    """A tensor is a view of its storage; the call that makes it must wait for the numbers."""

    def tensor() -> np.ndarray:
        last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        # Steps back could leave the storage in between, and steps of 0 fill the memory.
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
            raise TorchFileError("a storage that is cut off")
        storage[:] = np.frombuffer(data, storage.dtype)
