"""Images that would exhaust the memory are refused by their headers, whatever they claim there."""

import struct

import cv2
import numpy as np
import pytest
from spoiling import png_of

from dfnet_tf.data import image_limits


def encoded(suffix, height=6, width=10, *options):
    return cv2.imencode(suffix, np.zeros((height, width, 3), np.uint8), options)[1].tobytes()


def jpeg_of(width, height, *segments):
    """A JPEG's head that claims a size, with these bytes before it."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC0, 17, 8, height, width, 3)
    return b"\xff\xd8" + b"".join(segments) + frame + bytes(9)


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
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


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp"])
def test_a_header_that_is_cut_off_has_no_size(suffix):
    content = encoded(suffix)
    assert [image_limits.header_size(content[:length]) for length in range(20)] == [None] * 20


def test_a_png_may_be_followed_by_anything_but_not_claim_longer_chunks():
    """OpenCV fills gigabytes with zeros, for seconds, for a chunk that says it has them."""
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
    """For files whose header it reads otherwise than we do."""
    with pytest.raises(cv2.error, match="CV_IO_MAX_IMAGE_PIXELS"):
        cv2.imdecode(np.frombuffer(png_of(8192, 8193), np.uint8), cv2.IMREAD_COLOR)
