"""Reads text files of numbers written by people or by programs on any system."""

import re
import warnings
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.stored_bytes import MOST_TEXT, Stored, decoded

MOST_TOLD = 100  # Characters of an error.
# Separators besides spaces: those of CSV files and of arrays printed by NumPy.
_BETWEEN = re.compile(r"[][(),;]")


def read_numbers(path: str | Path) -> np.ndarray:
    """Reads a text file's rows of numbers, float64 [rows, columns]; ClipError for anything else.

    Spaces, tabs, commas and semicolons separate numbers; any system's line ends separate rows; text
    after # is a comment.
    """
    try:
        lines = _BETWEEN.sub(" ", decoded(Stored(Path(path)).read(MOST_TEXT))).splitlines()
        with warnings.catch_warnings(action="error", category=UserWarning):  # For empty files.
            return np.loadtxt(lines, ndmin=2)
    except (OSError, ValueError, UserWarning) as error:
        received = str(error).rstrip(".")[:MOST_TOLD]  # NumPy repeats the text that it read.
        raise ClipError(f"{path}: expected rows of numbers. Received: {received}.") from error
