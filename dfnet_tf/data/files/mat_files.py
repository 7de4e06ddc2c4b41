"""Arrays of numbers in MATLAB's .mat files, version 5 (MathWorks, "MAT-File Format", chapter 1).

After 128 bytes of header come elements: uint32 type, uint32 length, and the data; four bytes or
fewer share eight with a type and a length of 16 bits. A variable is an element of elements: flags,
dimensions, name, numbers column by column, each padded to 8 bytes; or that, packed by zlib.

SciPy's reader, made for friendly files, ends the process on some that are damaged.
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

MOST_BYTES = 2**24  # Of a file, and of a variable unpacked: thirty times what Make3D's have.
HEADER = 128
LITTLE_ENDIAN = b"IM"  # Ends the header.
MATRIX, PACKED = 14, 15  # Types of elements; those of numbers are
TYPES = {
    **{1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4"},
    **{7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"},
}
NUMBERS = range(6, 16)  # Classes of arrays; others are cells, structures, objects and text.


def read_array(path: Path, name: str) -> np.ndarray:
    """The real numbers of variable `name`, of the type in which they are stored.

    Raises:
      ClipError: there is no such file or variable, or it is damaged, or not one of numbers.
    """
    try:
        content = Stored(path).read(MOST_BYTES)
        if content[HEADER - 2 : HEADER] != LITTLE_ENDIAN:
            raise ValueError("no MATLAB 5 file, little endian")
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
    """(type, data) of the elements that lie one after the other."""
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
    if not is_numbers or not 0 < len(sides) <= 32 or min(sides) < 1:  # NumPy's most.
        raise ValueError(f"something else than numbers, of shape {list(sides[:9])}")
    values = np.frombuffer(numbers, TYPES[kind])
    if values.size != math.prod(sides):
        raise ValueError(f"{values.size} numbers for the shape {list(sides[:9])}")
    return values.reshape(sides, order="F")
