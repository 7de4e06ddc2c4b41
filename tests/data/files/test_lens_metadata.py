"""The focal length in the metadata of films and photographs."""

import av
import numpy as np
import pytest
from PIL import ExifTags, Image

from dfnet_tf.data.files import lens_metadata

APPLE = "com.apple.quicktime.camera.focal_length.35mm_equivalent"


def film(path, **metadata):
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(metadata)
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 48, 3), np.uint8), format="rgb24")
        container.mux([*stream.encode(picture), *stream.encode()])
    return path


def photograph(path, value=None):
    exif = Image.Exif()
    if value is not None:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = value
    Image.new("RGB", (48, 32)).save(path, exif=exif)
    return path


def test_a_phones_film_states_its_focal_length(tmp_path):
    assert lens_metadata.film_focal_35mm(film(tmp_path / "a.mov", **{APPLE: "26"})) == 26
    assert lens_metadata.film_focal_35mm(film(tmp_path / "b.mov")) is None


@pytest.mark.parametrize("value", ["0", "nan", "inf", "wide", "99999"])
def test_an_impossible_focal_length_is_none(tmp_path, value):
    assert lens_metadata.film_focal_35mm(film(tmp_path / "a.mov", **{APPLE: value})) is None


def test_a_photograph_states_its_focal_length(tmp_path):
    assert lens_metadata.photograph_focal_35mm(photograph(tmp_path / "a.jpg", 28)) == 28
    assert lens_metadata.photograph_focal_35mm(photograph(tmp_path / "b.jpg", 0)) is None
    assert lens_metadata.photograph_focal_35mm(photograph(tmp_path / "c.jpg")) is None


def test_a_broken_photograph_states_nothing(tmp_path):
    (tmp_path / "a.jpg").write_bytes(photograph(tmp_path / "b.jpg", 28).read_bytes()[:60])
    (tmp_path / "c.png").write_text("no image")
    assert lens_metadata.photograph_focal_35mm(tmp_path / "a.jpg") is None
    assert lens_metadata.photograph_focal_35mm(tmp_path / "c.png") is None
    assert lens_metadata.photograph_focal_35mm(tmp_path / "missing.png") is None
