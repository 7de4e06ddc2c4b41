"""How inputs break. Each function returns a function that breaks a path."""

import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

Spoil = Callable[[], None]


def nothing() -> None:
    """The input is already broken, or missing."""


def cut(name: str, kept: float = 0.5) -> Spoil:
    """Only this share of the file remains."""

    def spoil():
        content = Path(name).read_bytes()
        Path(name).write_bytes(content[: int(kept * len(content))])

    return spoil


def holds(name: str, content: str | bytes | np.ndarray) -> Spoil:
    """The file holds other content: a text, bytes or an image."""

    def spoil():
        if isinstance(content, np.ndarray):
            assert cv2.imwrite(name, content)
        else:
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


def overwritten(name: str, offset: int, content: bytes) -> Spoil:
    """Some bytes of the file are changed."""

    def spoil():
        with open(name, "r+b") as file:
            file.seek(offset)
            file.write(content)

    return spoil


def changed(name: str, old: str, new: str) -> Spoil:
    """The first `old` in a text file is replaced by `new`."""

    def spoil():
        before, found, after = Path(name).read_text().partition(old)
        assert found
        Path(name).write_text(before + new + after)

    return spoil


def without(name: str) -> Spoil:
    """The file or folder is missing."""
    return lambda: shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink()


def is_folder(name: str) -> Spoil:
    """The path is an empty folder."""

    def spoil():
        if os.path.lexists(name):
            without(name)()
        Path(name).mkdir()

    return spoil


def is_file(name: str) -> Spoil:
    """The path is a text file."""

    def spoil():
        if os.path.lexists(name):
            without(name)()
        Path(name).write_text("a file")

    return spoil


def links_to(name: str, target: str) -> Spoil:
    """The path is a symbolic link."""

    def spoil():
        Path(name).unlink(missing_ok=True)
        Path(name).symlink_to(target)

    return spoil


def film_of(name: str, num_frames: int) -> Spoil:
    """The film has this many frames, even if no player would write such a film."""

    def spoil():
        writer = cv2.VideoWriter(name, cv2.VideoWriter_fourcc(*"mp4v"), 10, (96, 48))
        for i in range(num_frames):
            writer.write(np.full((48, 96, 3), 40 * i, np.uint8))
        writer.release()

    return spoil


def repeated(folder: str) -> Spoil:
    """Every image of the folder is a copy of the first."""

    def spoil():
        first, *others = sorted(Path(folder).iterdir())
        for path in others:
            shutil.copyfile(first, path)

    return spoil


def renamed_clip(folder: str, name: str) -> Spoil:
    """The index of records gives its first clip another name."""

    def spoil():
        path = Path(folder) / "index.json"
        index = json.loads(path.read_text())
        index["clips"][0]["name"] = name
        path.write_text(json.dumps(index))

    return spoil


def damaged_image(folder: str, shard: str) -> Spoil:
    """The first image in records begins with zeros."""

    def spoil():
        index = json.loads((Path(folder) / "index.json").read_text())
        offset, _ = index["clips"][0]["frames"][0]["images"]
        overwritten(f"{folder}/{shard}", offset, bytes(64))()

    return spoil


def png_of(width: int, height: int) -> bytes:
    """A PNG file that claims a size and has no pixels."""

    def chunk(kind, data):
        length, checksum = len(data), zlib.crc32(kind + data)
        return struct.pack(">I", length) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    empty = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + empty
