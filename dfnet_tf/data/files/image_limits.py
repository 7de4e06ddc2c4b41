"""Limits the size of untrusted images, by reading the header before anything is decoded.

A PNG of 70 bytes may claim 100 000 x 100 000 pixels. OpenCV's own limit of 2^30 pixels means 3 GB
per frame. The package also sets OpenCV's limit to MOST_PIXELS, for files that OpenCV opens itself.
"""

import re
import struct

MOST_PIXELS = 2**26  # 67 megapixels, 200 MB as RGB: twice an 8K frame.
MOST_TRUTH = 2**24  # For true depth or flow, in 16 bits and later in floats: twice a 4K frame.
MOST_ELONGATED = 100  # Aspect ratio of the long to the short side: resizing to a width scales both.

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">8x4x4s2I")  # Signature, length, "IHDR", width, height.
_OLD_BMP = 12  # Size of the header with 16-bit width and height.
_JPEG = b"\xff\xd8"
_JPEG_HEADERS = 2**24  # The size must come within this many bytes, after comments and thumbnails.
# Markers that a segment's length follows: no stuffing, fill bytes or stand-alone markers.
_JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, which hold the size.
_JPEG_ENDS = {0xD9, 0xDA}  # No header follows.
# Magic number, width and height, separated by white space and comments.
_PNM_GAP = rb"(?:\s|#[^\n]{0,1000}\n){1,100}"
_PNM = re.compile(rb"P[2356]" + _PNM_GAP + rb"(\d{1,9})" + _PNM_GAP + rb"(\d{1,9})\s")
_TIFF_ORDERS = b"II*\0", b"MM\0*"
_TIFF_WIDTH, _TIFF_HEIGHT, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 322, 323
_TIFF_INTEGERS = {3: "H", 4: "I"}  # Field types SHORT and LONG.


class ImageSizeError(ValueError):
    """An image that is too large or too elongated for the available memory."""


def check(width: int, height: int, most_pixels: int = MOST_PIXELS) -> None:
    """Raises ImageSizeError, without a path, for images that are too large."""
    sides = sorted((width, height))
    if sides[0] < 1 or sides[0] * sides[1] > most_pixels or sides[1] > MOST_ELONGATED * sides[0]:
        raise ImageSizeError(
            f"expected an image of 1 to {most_pixels} pixels, one side at most {MOST_ELONGATED} "
            f"times the other. Received: {width}x{height}."
        )


def header_size(content: bytes) -> tuple[int, int] | None:
    """(width, height) in an image file's header; None if the format is not supported.

    Supports JPEG, PNG, BMP, WebP, PPM, PGM, and the first image of TIFF.
    """
    try:
        if content.startswith(_PNG):
            return _png_size(content)
        if content.startswith(b"BM"):
            (header,) = struct.unpack_from("<I", content, 14)
            width, height = struct.unpack_from("<2H" if header == _OLD_BMP else "<2i", content, 18)
            return width, abs(height)  # A negative height means top-down rows.
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _webp_size(content)
        if content.startswith(_TIFF_ORDERS):
            return _tiff_size(content)
        if found := _PNM.match(content):
            return int(found[1]), int(found[2])
        return _jpeg_size(content) if content.startswith(_JPEG) else None
    except struct.error:  # Truncated.
        return None


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Also None if a chunk ends beyond the file: OpenCV would allocate its stated length."""
    kind, *size = _PNG_HEADER.unpack_from(content)
    start, is_first = len(_PNG), kind == b"IHDR"
    while start < len(content) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, start)
        start += 12 + length  # Including length, kind and checksum.
    return tuple(size) if is_first and start <= len(content) else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Walks over the segments to the first frame header, as libjpeg does (ITU-T T.81, annex B)."""
    place = len(_JPEG)
    while found := _JPEG_MARKER.search(content, place, _JPEG_HEADERS):
        (marker,) = found[1]
        if marker in _JPEG_ENDS:
            return None
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">2H", content, found.end() + 3)
            return width, height
        (length,) = struct.unpack_from(">H", content, found.end())
        place = found.end() + length
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    """The size of the canvas for animations, otherwise of the image (RFC 9649)."""
    kind = content[12:16]
    if kind == b"VP8X":
        wide, high = content[24:27], content[27:30]
        return 1 + int.from_bytes(wide, "little"), 1 + int.from_bytes(high, "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<2H", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _tiff_size(content: bytes) -> tuple[int, int] | None:
    """The size in the first directory of a file (TIFF 6.0, section 2).

    Also None if a tile is larger than an image may be: OpenCV would allocate it.
    """
    order = "<" if content.startswith(b"II") else ">"
    (start,) = struct.unpack_from(f"{order}I", content, 4)
    (count,) = struct.unpack_from(f"{order}H", content, start)
    sides = {}
    for place in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}2H", content, place)
        if kind in _TIFF_INTEGERS:
            (sides[tag],) = struct.unpack_from(order + _TIFF_INTEGERS[kind], content, place + 8)
    if sides.get(_TILE_WIDTH, 1) * sides.get(_TILE_HEIGHT, 1) > MOST_PIXELS:
        return None
    found = sides.get(_TIFF_WIDTH), sides.get(_TIFF_HEIGHT)
    return None if None in found else found
