"""Images that would exhaust the memory are refused by their headers."""

import struct

import cv2
import numpy as np
import pytest
from spoiling import png_of

from dfnet_tf.data.files import image_limits


def encoded(suffix, height=6, width=10, *options):
    return cv2.imencode(suffix, np.zeros((height, width, 3), np.uint8), options)[1].tobytes()


def jpeg_of(width, height, *segments):
    """A JPEG header that claims a size, with these bytes before it."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, height, width, 3)
    return b"\xff\xd8" + b"".join(segments) + frame + bytes(9)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


KINDS = [".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm"]


@pytest.mark.parametrize("suffix", KINDS)
def test_the_size_is_that_of_the_decoded_image(suffix):
    for height, width in ((6, 10), (1, 3), (300, 7)):
        assert image_limits.header_size(encoded(suffix, height, width)) == (width, height)


def test_a_progressive_jpeg_has_its_size_elsewhere():
    assert image_limits.header_size(encoded(".jpg", 6, 10, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)) == (
        10,
        6,
    )


def test_a_jpegs_size_is_found_behind_thumbnails_fill_bytes_and_litter():
    thumbnail = segment(0xE1, b"Exif\0\0" + encoded(".jpg", 3, 4))
    for before in (thumbnail, b"\xff\xff\xff", b"litter\xff\x00", b"\xff\x01\xff\xd3"):
        content = jpeg_of(10, 6, thumbnail, before)
        assert image_limits.header_size(content) == (10, 6)


def test_bmp_rows_may_run_downwards_and_old_headers_have_16_bits():
    new, old = struct.pack("<Iii", 40, 10, -6), struct.pack("<IHH", 12, 10, 6)
    for header in (new, old):
        assert image_limits.header_size(b"BM" + bytes(12) + header) == (10, 6)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a" + bytes(99), b"II*\0" + bytes(99), b"BM", b"\xff\xd8"]
)
def test_of_anything_else_no_size_is_known(content):
    assert image_limits.header_size(content) is None


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_WEBP_QUALITY, 101)])  # VP8, VP8L
def test_both_codings_of_webp_have_their_size(options):
    assert image_limits.header_size(encoded(".webp", 300, 7, *options)) == (7, 300)
    canvas = b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(8) + b"\x1f\x4e\0" + b"\x05\0\0"
    assert image_limits.header_size(canvas) == (20_000, 6)


def test_a_ppm_may_have_comments_and_a_tiff_either_order():
    assert image_limits.header_size(b"P5 # a comment\n# another\n10\n# and\n6 255\n") == (10, 6)
    entries = struct.pack(">HHHIHHHHIHHI", 2, 256, 3, 1, 10, 0, 257, 3, 1, 6, 0, 0)
    assert image_limits.header_size(b"MM\0*" + struct.pack(">I", 8) + entries) == (10, 6)


def test_a_tiff_of_huge_tiles_has_no_size():
    tile = struct.pack("<HHIIHHII", 322, 4, 1, 2**24, 323, 4, 1, 2**10)
    entries = struct.pack("<HHHIIHHII", 4, 256, 4, 1, 10, 257, 4, 1, 6)
    content = b"II*\0" + struct.pack("<I", 8) + entries
    assert image_limits.header_size(content + struct.pack("<HHII", 0, 4, 1, 0) * 2) == (10, 6)
    assert image_limits.header_size(content + tile) is None


@pytest.mark.parametrize("suffix", KINDS[:-1])  # A PPM's header is a line of text.
def test_a_header_that_is_cut_off_has_no_size(suffix):
    content = encoded(suffix)
    assert [image_limits.header_size(content[:length]) for length in range(20)] == [None] * 20


def test_a_png_may_be_followed_by_anything_but_not_claim_longer_chunks():
    """OpenCV would fill gigabytes with zeros, for seconds, if a chunk claims to be that large."""
    content = encoded(".png")
    assert image_limits.header_size(content + b"litter") == (10, 6)
    place = content.index(b"IDAT") - 4
    longer = content[:place] + struct.pack(">I", 2**31 - 1) + content[place + 4 :]
    assert image_limits.header_size(longer) is None


def test_a_jpeg_of_fill_bytes_alone_takes_no_time():
    assert image_limits.header_size(b"\xff\xd8" + b"\xff" * 2**24) is None
    assert image_limits.header_size(b"\xff\xd8" + b"\xff\xd0" * 2**23) is None


@pytest.mark.parametrize("size", [(1, 1), (8192, 8192), (100, 1), (1242, 375), (7680, 4320)])
def test_sizes_of_cameras_pass(size):
    image_limits.check(*size)


@pytest.mark.parametrize("size", [(10**5, 10**5), (8192, 8193), (101, 1), (1, 101), (0, 4)])
def test_other_sizes_are_refused(size):
    with pytest.raises(image_limits.ImageSizeError, match=f"Received: {size[0]}x{size[1]}"):
        image_limits.check(*size)


def test_opencv_itself_refuses_what_is_too_large():
    """For files whose header OpenCV reads differently."""
    with pytest.raises(cv2.error, match="CV_IO_MAX_IMAGE_PIXELS"):
        cv2.imdecode(np.frombuffer(png_of(8192, 8193), np.uint8), cv2.IMREAD_COLOR)
