"""Text files of numbers, as people and programs of any system leave them."""

import re
import warnings
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.stored_bytes import MOST_TEXT, Stored, decoded

# What may stand between numbers besides spaces: in CSV files, and where NumPy printed an array.
_BETWEEN = re.compile(r"[][(),;]")


def read_numbers(path: str | Path) -> np.ndarray:
    """A text file's rows of numbers, float64 [rows, columns]; ClipError for anything else.

    Numbers may be separated by spaces, tabs, commas or semicolons, rows by any system's line ends;
    what follows a # is a comment.
    """
    try:
        lines = _BETWEEN.sub(" ", decoded(Stored(Path(path)).read(MOST_TEXT))).splitlines()
        with warnings.catch_warnings(action="error", category=UserWarning):  # Of no numbers at all.
            return np.loadtxt(lines, ndmin=2)
    except (OSError, ValueError, UserWarning) as error:
        received = str(error).rstrip(".")
        raise ClipError(f"{path}: expected rows of numbers. Received: {received}.") from error
