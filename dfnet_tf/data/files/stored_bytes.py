"""Bytes on disk: a whole file, or a part of a file that holds many."""

import codecs
import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

TO_THE_END = -1
# Limits of a single read, because files are untrusted and memory is finite.
MOST_BYTES = 2**29  # The largest image that `image_limits` accepts, 16-bit and uncompressed.
MOST_TEXT = 2**26  # Poses of 300 000 frames.
# Errors of malformed JSON, of endless nesting, and of unexpected content.
BROKEN_JSON = ValueError, KeyError, TypeError, OverflowError, RecursionError


@dataclass(frozen=True)
class Stored:
    """`length` bytes of a file, starting at `offset`. As text: their location, for messages."""

    path: Path
    offset: int = 0
    length: int = TO_THE_END
    label: str = ""  # The name of this part of the file.

    def __str__(self) -> str:
        return f"{self.path}, {self.label}" if self.label else str(self.path)

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Reads the bytes; fewer if the file is truncated.

        Raises OSError if the file is missing, holds more than `most` bytes, or is not a regular
        file: a device or a pipe may never end.
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
    """A text file's content; undecodable bytes are replaced. Errors as in `Stored.read`."""
    return decoded(Stored(Path(path)).read(most), "replace")


def decoded(content: bytes, errors: str = "strict") -> str:
    """Decodes UTF-8, or what Windows editors save: UTF-8 with a byte order mark, or UTF-16."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if utf16 else "utf-8-sig", errors)
