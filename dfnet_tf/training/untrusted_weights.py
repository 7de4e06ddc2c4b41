"""Checks an untrusted weights file: no links to other files, no arrays larger than the file.

Keras's weights run no code, and Keras refuses links and data in other files. But Keras allocates an
array of the size that the file states, up to 4 GB, before it compares the shape with the layer.
Keras writes every array contiguously, so all other layouts are refused.
"""

import math
import os
import pathlib

import h5py


def check(path: pathlib.Path) -> None:
    """Raises ValueError unless the file contains all arrays whole; OSError if it is not HDF5."""
    size = os.path.getsize(path)
    with h5py.File(path, "r") as file:
        # A returned value ends the walk; an exception in the callback would end the process.
        problem = file.visititems_links(lambda name, link: _problem(file, name, link, size))
    if problem:
        raise ValueError(problem)


def _problem(file: h5py.File, name: str, link, file_size: int) -> str | None:
    if not isinstance(link, h5py.HardLink):
        return f"{name} is a link; expected weights."
    array = file.get(name)
    if isinstance(array, h5py.Dataset) and not _is_within(array, file_size):
        return f"{name} is not whole within the file."
    return None


def _is_within(array: h5py.Dataset, file_size: int) -> bool:
    num_bytes = math.prod(array.shape or ()) * array.dtype.itemsize
    start = array.id.get_offset()  # None: chunked, in another file, or without data.
    return num_bytes == 0 or (start is not None and start + num_bytes <= file_size)
