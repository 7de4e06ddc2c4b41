"""Inputs of predict: images, clips, videos; only one recording at a time."""

import shutil

import cv2
import films
import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.preparation import estimated_camera, given_camera
from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction import inputs

NUM_FRAMES = 3


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(0, NUM_FRAMES, 24, 32)


@pytest.fixture
def street(film, tmp_path):
    synthetic.write_clip(film, tmp_path / "street")
    return tmp_path / "street"


def assert_shows(source, images):
    frames = list(source.frames())
    assert source.num_frames == len(frames) == len(images)
    assert source.size == images[0].shape[:2]
    np.testing.assert_array_equal(frames, images)
    assert len(list(source.frames())) == len(images)  # May be read repeatedly.


def test_a_clip_brings_its_intrinsics(film, street):
    source = inputs.open_input([street], None)
    assert_shows(source, film.images)
    np.testing.assert_allclose(source.intrinsics, film.intrinsics)
    assert source.is_film
    assert_shows(inputs.open_input([street.parent], None), film.images)  # A folder of one clip.


def test_a_guessed_camera_is_marked_until_another_is_given(street):
    path = street / "intrinsics.txt"
    path.write_text("# guessed: field of view of 60 degrees\n" + path.read_text())
    assert inputs.open_input([street], None).intrinsics_guessed
    assert not inputs.open_input([street], given_camera.from_field_of_view(70)).intrinsics_guessed


def test_images_have_no_intrinsics_unless_given(film, street, tmp_path):
    assert inputs.open_input([street / "images"], None).intrinsics is None
    (tmp_path / "k.txt").write_text("20 0 15\n0 21 12\n0 0 1\n")
    camera = given_camera.from_file(tmp_path / "k.txt")
    for path in (street / "images", street):
        source = inputs.open_input([path], camera)
        assert_shows(source, film.images)
        np.testing.assert_array_equal(source.intrinsics, [[20, 0, 15], [0, 21, 12], [0, 0, 1]])
    source = inputs.open_input([street / "images"], given_camera.from_field_of_view(90))
    np.testing.assert_allclose(source.intrinsics, [[16, 0, 15.5], [0, 16, 11.5], [0, 0, 1]])


def test_an_image_and_a_pair_are_no_film(film, street):
    first, second = (street / f"images/{name}.png" for name in ("000002", "000000"))
    alone = inputs.open_input([first], None)
    assert_shows(alone, film.images[[2]])
    pair = inputs.open_input([first, second], None)  # In the given order.
    assert_shows(pair, film.images[[2, 0]])
    assert not (alone.is_film or pair.is_film)


def test_images_come_in_the_order_that_people_count_in(film, tmp_path):
    for name, image in zip(("9", "10", "100"), film.images, strict=True):
        write_rgb(tmp_path / f"{name}.png", image)
    assert_shows(inputs.open_input([tmp_path], None), film.images)


def test_a_videos_rate_and_size_are_read(film, tmp_path):
    with video.VideoWriter(tmp_path / "drive.mp4", 25) as writer:
        for image in film.images:
            writer.add(image)
    source = inputs.open_input([tmp_path / "drive.mp4"], None)
    assert (source.frame_rate, source.size, source.num_frames) == (25, (24, 32), NUM_FRAMES)
    assert len(list(source.frames())) == NUM_FRAMES


def test_several_clips_are_refused(street):
    shutil.copytree(street, street.parent / "other")
    with pytest.raises(ClipError, match="one recording.* Received: 2 clips"):
        inputs.open_input([street.parent], None)


def test_an_image_of_another_size_is_named(film, street):
    odd = street / "images/000001.png"
    write_rgb(odd, cv2.resize(film.images[1], (16, 12)))
    source = inputs.open_input([street / "images"], None)
    with pytest.raises(ClipError, match=f"{odd}: expected .* 32x24. Received: 16x12"):
        list(source.frames())


def test_a_calibration_for_another_size_is_refused(street, tmp_path):
    (tmp_path / "k.txt").write_text("500 0 320\n0 500 96\n0 0 1\n")
    with pytest.raises(ClipError, match=r"k\.txt: .* 32x24 "):
        inputs.open_input([street], given_camera.from_file(tmp_path / "k.txt"))


def times_of(source):
    assert len(list(source.frames())) == source.num_frames == len(source.times)
    return source.times


@pytest.fixture
def named(film, tmp_path):
    """Writes the film's images under other names."""

    (tmp_path / "images").mkdir()

    def write(*names):
        for name, image in zip(names, film.images, strict=True):
            write_rgb(tmp_path / f"images/{name}.png", image)
        return tmp_path / "images"

    return write


def test_images_have_the_times_in_their_names(named):
    source = inputs.open_input([named("1305031102.175304", "1305031102.2", "1305031103.5")], None)
    assert times_of(source) == [1305031102.175304, 1305031102.2, 1305031103.5]
    assert source.frame_rate == pytest.approx(1 / 0.66235, rel=1e-4)  # The median interval's.


def test_images_without_times_have_kittis_rate_or_the_given_rate(named):
    folder = named("a1", "a2", "a3")
    assert times_of(inputs.open_input([folder], None)) == pytest.approx([0, 0.1, 0.2])
    given = inputs.open_input([folder], None, 30)
    assert times_of(given) == pytest.approx([0, 1 / 30, 2 / 30])
    assert given.frame_rate == 30


def test_a_clips_images_have_the_times_in_their_names(named, tmp_path):
    named("5.5", "6.25", "10.75")
    (tmp_path / "intrinsics.txt").write_text("20 0 15.5\n0 20 11.5\n0 0 1\n")
    assert times_of(inputs.open_input([tmp_path], None)) == [5.5, 6.25, 10.75]


def test_a_film_of_varying_rate_has_its_own_times_and_its_gaps_are_reported(tmp_path):
    times = [0, 0.1, 0.2, 0.3, 1.4, 1.5]
    path = films.write_film(tmp_path / "a.mp4", films.moving_texture(6), times)
    source = inputs.open_input([path], None)
    assert times_of(source) == pytest.approx(times, abs=1e-3)
    assert "Time gaps between frames: 1, the longest 1.1 s" in inputs.told_gaps(source.times)
    assert inputs.told_gaps([0, 0.1, 0.2, 0.35]) == inputs.told_gaps([0.0]) == ""


def test_oddities_of_film_and_camera_are_remarked(tmp_path):
    path = films.write_film(tmp_path / "a.mp4", films.moving_texture(3), rotation=90)
    (remark,) = inputs.open_input([path], given_camera.from_field_of_view(60)).remarks
    assert "held upright" in remark
    path = films.write_film(tmp_path / "b.mp4", films.moving_texture(3), pixel_aspect=2)
    assert "not square" in inputs.open_input([path], None).remarks[0]


def test_a_lens_is_straightened_in_every_frame(tmp_path):
    (tmp_path / "cameras.txt").write_text("1 OPENCV 64 48 40 40 32 24 -0.3 0.1 0 0\n")
    ramp = np.repeat(np.uint8(np.arange(64) * 4)[None, :, None], 3, axis=2).repeat(48, axis=0)
    for i in range(2):
        write_rgb(tmp_path / f"{i}.png", ramp)
    camera = given_camera.from_file(tmp_path / "cameras.txt")
    source = inputs.open_input([tmp_path], camera)
    np.testing.assert_array_equal(source.intrinsics, camera.intrinsics((48, 64)))
    for image in source.frames():
        np.testing.assert_array_equal(image, camera.straight(ramp))
        assert np.abs(image.astype(int) - ramp).max() > 10


def test_a_guessed_camera_stays_marked(tmp_path):
    write_rgb(tmp_path / "0.png", np.zeros((48, 64, 3), np.uint8))
    source = inputs.open_input([tmp_path / "0.png"], None)
    assert source.focal_35mm is None and not source.intrinsics_guessed
    source = inputs.with_camera(source, estimated_camera.found_camera(28.0, []))
    assert source.intrinsics_guessed and source.intrinsics[0, 0] == pytest.approx(64 * 28 / 36)
    assert "28 mm" in source.remarks[0]
