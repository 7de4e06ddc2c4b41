"""Bytes on disk: a whole file, or a part of one that holds many."""

from dataclasses import dataclass
from pathlib import Path

TO_THE_END = -1


@dataclass(frozen=True)
class Stored:
    """`length` bytes of a file from `offset` on. As text: where they are, for messages."""

    path: Path
    offset: int = 0
    length: int = TO_THE_END
    label: str = ""  # Which of the file's contents this is.

    def __str__(self) -> str:
        return f"{self.path}, {self.label}" if self.label else str(self.path)

    def read(self) -> bytes:
        """Those bytes; fewer, if the file has been cut off. Raises OSError if it is gone."""
        with open(self.path, "rb", buffering=0) as file:
            file.seek(self.offset)
            return file.read(self.length)
