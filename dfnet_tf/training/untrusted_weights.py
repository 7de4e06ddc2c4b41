"""What a file of weights from a stranger may not do: name other files, or claim more than it holds.

Keras's weights run no code, and Keras itself refuses links and data in other files; but it makes
room for an array of up to 4 GB, as long as the file says, before it compares the shape with the
layer's. Keras writes every array in one piece, so every other way to store one is refused.
"""

import math
import os
import pathlib

import h5py


def check(path: pathlib.Path) -> None:
    """Raises ValueError unless all arrays lie in the file, whole; OSError if it is no HDF5 file."""
    size = os.path.getsize(path)
    with h5py.File(path, "r") as file:
        # What the function returns ends the walk; an error raised in it would end the process.
        problem = file.visititems_links(lambda name, link: _problem(file, name, link, size))
    if problem:
        raise ValueError(problem)


def _problem(file: h5py.File, name: str, link, file_size: int) -> str | None:
    if not isinstance(link, h5py.HardLink):
        return f"{name} is a link, where weights were expected."
    array = file.get(name)
    if isinstance(array, h5py.Dataset) and not _is_within(array, file_size):
        return f"{name} is not whole within the file."
    return None


def _is_within(array: h5py.Dataset, file_size: int) -> bool:
    num_bytes = math.prod(array.shape or ()) * array.dtype.itemsize
    start = array.id.get_offset()  # None: in chunks, in another file, or nowhere.
    return num_bytes == 0 or (start is not None and start + num_bytes <= file_size)
