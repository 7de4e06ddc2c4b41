"""Bytes on disk: a whole file, or a part of one that holds many."""

import codecs
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

TO_THE_END = -1
# What is read at most, at once: files come from strangers, and memory is finite.
MOST_BYTES = 2**29  # The largest image that `image_limits` lets pass, in 16 bits and uncompressed.
MOST_TEXT = 2**26  # Poses of 300 000 frames.
# What JSON raises that is none, is nested without end, or holds something else than is taken out.
BROKEN_JSON = ValueError, KeyError, TypeError, OverflowError, RecursionError


@dataclass(frozen=True)
class Stored:
    """`length` bytes of a file from `offset` on. As text: where they are, for messages."""

    path: Path
    offset: int = 0
    length: int = TO_THE_END
    label: str = ""  # Which of the file's contents this is.

    def __str__(self) -> str:
        return f"{self.path}, {self.label}" if self.label else str(self.path)

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Those bytes; fewer, if the file has been cut off.

        Raises OSError if it is gone, holds more than `most`, or is no file but something that may
        never end, as a link to a device or a pipe.
        """
        found = os.stat(self.path)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "something else than a file", str(self.path))
        length = found.st_size - self.offset if self.length == TO_THE_END else self.length
        if length > most:
            raise OSError(errno.EFBIG, f"more than {most} bytes", str(self.path))
        with open(self.path, "rb", buffering=0) as file:
            file.seek(self.offset)
            return file.read(max(length, 0))


def read_text(path: str | Path, most: int = MOST_TEXT) -> str:
    """A text file's content, what cannot be decoded replaced; errors as of `Stored.read`."""
    return decoded(Stored(Path(path)).read(most), "replace")


def decoded(content: bytes, errors: str = "strict") -> str:
    """Text in UTF-8, or as editors of Windows save it: with a byte order mark, or in UTF-16."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if utf16 else "utf-8-sig", errors)
