"""Images of any kind keep their brightness and colour."""

import cv2
import numpy as np
import pytest

from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_files
from dfnet_tf.data.sources import footage

RAMP = np.tile(np.linspace(0, 1, 64), (8, 1))


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)
    return path


def brightness(images):
    return [image.mean() for image in images]


@pytest.mark.parametrize("suffix", ["webp", "tif", "TIFF", "ppm", "bmp"])
def test_all_kinds_of_stills_are_read_in_colour(tmp_path, suffix):
    image = np.dstack([np.uint8(200 * RAMP), np.full_like(RAMP, 40), np.uint8(90 * RAMP)])
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == "webp" else []
    data = cv2.imencode(f".{suffix.lower()}", image.astype(np.uint8), options)[1]
    (tmp_path / f"a.{suffix}").write_bytes(data.tobytes())
    (path,) = image_files.image_files(tmp_path)
    np.testing.assert_array_equal(image_files.read_rgb(path), image[..., ::-1])


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_the_bits_that_a_sensor_fills_are_the_whole_range(tmp_path, bits, suffix):
    path = write(tmp_path / f"a.{suffix}", np.uint16(np.rint(RAMP * (2**bits - 1))))
    expected = np.repeat(255 * RAMP[..., None], 3, axis=2)
    np.testing.assert_allclose(image_files.read_rgb(path), expected, atol=0.51)


def test_images_of_one_recording_keep_their_brightness_against_each_other(tmp_path):
    """12-bit images; the first is so dark that it would fit into 10 bits."""
    for i, share in enumerate((0.2, 0.5, 1.0)):
        write(tmp_path / f"walk/images/{i}.png", np.uint16(RAMP * 4095 * share))
    (recording,) = footage.image_recordings(tmp_path / "walk/images")
    assert brightness(frame.image for frame in recording.read()) == pytest.approx(
        [25.5, 63.75, 127.5], abs=0.6
    )
    (tmp_path / "walk/intrinsics.txt").write_text("60 0 31.5\n0 60 3.5\n0 0 1\n")
    (one,) = read_clips(tmp_path / "walk")
    images = [one.image(i) for i in (2, 0, 1)]
    assert brightness(images) == pytest.approx([127.5, 25.5, 63.75], abs=0.6)


def test_images_in_floats_are_refused(tmp_path):
    path = write(tmp_path / "a.tiff", np.dstack([RAMP] * 3).astype(np.float32))
    with pytest.raises(ClipError, match=r"a\.tiff: expected an image of 8 or 16 bits. .* float32"):
        image_files.read_rgb(path)
