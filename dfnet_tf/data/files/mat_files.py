"""Numeric arrays in MATLAB's .mat files, version 5 (MathWorks, "MAT-File Format", chapter 1).

Elements follow a header of 128 bytes: uint32 type, uint32 length, and the data. Elements with up to
four bytes of data take eight bytes in all, with 16-bit type and length. A variable is an element
that contains elements (flags, dimensions, name, numbers column by column), each padded to 8 bytes;
or the same, compressed by zlib.

SciPy's reader crashes the process on some damaged files.
"""

import itertools
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.stored_bytes import Stored

MOST_BYTES = 2**24  # Of a file, and of an unpacked variable: thirty times Make3D's size.
HEADER = 128
LITTLE_ENDIAN = b"IM"  # The end of the header.
MATRIX, PACKED = 14, 15  # Types of elements; TYPES lists those of numbers.
TYPES = {
    **{1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4"},
    **{7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"},
}
NUMBERS = range(6, 16)  # Classes of numeric arrays; others are cells, structures, objects, text.


def read_array(path: Path, name: str) -> np.ndarray:
    """Reads the real numbers of variable `name`, in their stored type.

    Raises:
      ClipError: the file or variable is missing or damaged, or the variable is not numeric.
    """
    try:
        content = Stored(path).read(MOST_BYTES)
        if content[HEADER - 2 : HEADER] != LITTLE_ENDIAN:
            raise ValueError("not a MATLAB 5 file in little endian")
        for kind, data in _elements(content[HEADER:]):
            kind, data = _unpacked(data) if kind == PACKED else (kind, data)
            parts = [*itertools.islice(_elements(data), 4)] if kind == MATRIX else []
            if len(parts) == 4 and parts[2][1] == name.encode():
                (_, flags), (_, shape), _, numbers = parts
                return _array(flags, shape, *numbers)
        raise ValueError("a file without it")
    except (OSError, ValueError, struct.error, zlib.error) as error:
        expected = f"a MATLAB file that holds {name}"
        raise ClipError(f"{path}: expected {expected}. Received: {error}.") from error


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields (type, data) of consecutive elements."""
    start = 0
    while start < len(content):
        kind, length = struct.unpack_from("<2I", content, start)
        if kind >> 16:
            kind, length, begin, end = kind & 0xFFFF, kind >> 16, start + 4, start + 8
        else:
            begin, end = start + 8, start + 8 + length
            end += 0 if kind == PACKED else -length % 8
        data = content[begin : begin + length]
        if len(data) < length:
            raise ValueError(f"{len(data)} of {length} bytes")
        yield kind, data
        start = end


def _unpacked(data: bytes) -> tuple[int, bytes]:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(data, MOST_BYTES)
    if unpacker.unconsumed_tail:
        raise ValueError(f"a variable of more than {MOST_BYTES} bytes")
    return next(_elements(content), (0, b""))


def _array(flags: bytes, shape: bytes, kind: int, numbers: bytes) -> np.ndarray:
    sides = struct.unpack(f"<{len(shape) // 4}i", shape)
    is_numbers = len(flags) > 0 and flags[0] in NUMBERS and kind in TYPES
    if not is_numbers or not 0 < len(sides) <= 32 or min(sides) < 1:  # NumPy's limit is 32.
        raise ValueError(f"something else than numbers, of shape {list(sides[:9])}")
    values = np.frombuffer(numbers, TYPES[kind])
    if values.size != math.prod(sides):
        raise ValueError(f"{values.size} numbers for the shape {list(sides[:9])}")
    return values.reshape(sides, order="F")
