"""Labels on disk: complete, found again, and made again where necessary."""

import cv2
import numpy as np
import pytest

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.sources import synthetic
from dfnet_tf.film import depth
from dfnet_tf.film.labels import FilmLabels

SIZE = (32, 96)
FRAMES = 6


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(synthetic.render_clip(101, FRAMES, 48, 160), folder)
    return read_clip(folder)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "standing"
    film = synthetic.render_clip(101, 1, 48, 160)
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = film.intrinsics
        for _ in range(3):
            writer.add(film.images[0])
    return read_clip(folder)


def ramp(image):
    """A network's prediction: nearer at the bottom."""
    return np.linspace(0.05, 0.5, image.shape[0], dtype="float32")[:, None].repeat(40, axis=1)


class FakeDepths:
    """Replaces `depth.film_depths`: counts the frames it sees; confidence 0.75 everywhere."""

    def __init__(self):
        self.seen = 0

    def __call__(self, frames, disparity, intrinsics):
        del intrinsics
        for frame in frames:
            self.seen += 1
            prior = cv2.resize(disparity(frame), (160, 48))
            confidence = np.full_like(prior, 0.75)
            yield depth.FilmDepth(np.log(prior), confidence, 0.1, {})


@pytest.fixture
def fake(monkeypatch):
    depths = FakeDepths()
    monkeypatch.setattr(depth, "film_depths", depths)
    return depths


@pytest.mark.usefixtures("fake")
def test_labels_are_read_back_at_the_requested_size(street, tmp_path):
    labels = FilmLabels(tmp_path / "labels", [street], SIZE)
    assert not labels.are_whole
    labels.make(ramp, "a network")
    assert labels.are_whole
    stored = labels.read(0, 2)
    assert stored.shape == (*SIZE, 2) and stored.dtype == np.float32
    expected = cv2.resize(np.log(cv2.resize(ramp(street.image(2)), (160, 48))), SIZE[::-1])
    np.testing.assert_allclose(stored[4:-4, :, 0], expected[4:-4], atol=0.05)
    np.testing.assert_allclose(stored[..., 1], 0.75, atol=1e-4)


def test_existing_labels_are_not_computed_again(street, fake, tmp_path):
    for _ in range(2):
        FilmLabels(tmp_path / "labels", [street], SIZE).make(ramp, "a network")
    assert fake.seen == FRAMES


def test_only_missing_labels_are_made_with_their_neighbours(street, fake, tmp_path):
    labels = FilmLabels(tmp_path / "labels", [street], SIZE)
    labels.make(ramp, "a network")
    before, last = labels.read(0, 0), labels.read(0, FRAMES - 1)
    (tmp_path / "labels/000_street/000005.png").unlink()
    labels.make(ramp, "a network")
    assert fake.seen == FRAMES + 5  # The frame itself and the four before it.
    np.testing.assert_array_equal(labels.read(0, FRAMES - 1), last)
    np.testing.assert_array_equal(labels.read(0, 0), before)


def test_a_stop_in_the_middle_loses_no_label(street, fake, tmp_path):
    labels = FilmLabels(tmp_path / "labels", [street], SIZE)

    def stopped(image):
        if fake.seen == 4:
            raise KeyboardInterrupt
        return ramp(image)

    with pytest.raises(KeyboardInterrupt):
        labels.make(stopped, "a network")
    assert not labels.are_whole
    labels.make(ramp, "a network")
    assert labels.are_whole
    assert sorted(path.name for path in (tmp_path / "labels/000_street").glob("*.png")) == [
        f"{i:06d}.png" for i in range(FRAMES)
    ]
    assert fake.seen == 4 + FRAMES  # Three were finished; neighbours start at the first frame.


def test_labels_of_another_network_are_made_again(street, fake, tmp_path):
    labels = FilmLabels(tmp_path / "labels", [street], SIZE)
    labels.make(ramp, "a network")
    labels.make(lambda image: 2 * ramp(image), "another network")
    assert fake.seen == 2 * FRAMES
    expected = np.log(2) + np.log(cv2.resize(ramp(street.image(0)), (160, 48)))
    found = labels.read(0, 0)[..., 0]
    np.testing.assert_allclose(found.mean(), expected.mean(), atol=0.02)


@pytest.mark.usefixtures("fake")
def test_a_broken_frame_has_no_label_and_splits_the_film(street, tmp_path, monkeypatch):
    whole = Clip.image

    def broken(self, i):
        if i == 2:
            raise ClipError("broken")
        return whole(self, i)

    monkeypatch.setattr(Clip, "image", broken)
    labels = FilmLabels(tmp_path / "labels", [street], SIZE)
    labels.make(ramp, "a network")
    with pytest.raises(ClipError, match="000002.png: expected a label"):
        labels.read(0, 2)
    assert labels.read(0, 3).shape == (*SIZE, 2)
    assert labels.verdicts(0.4)[0].frames == FRAMES - 1


@pytest.mark.usefixtures("fake")
def test_clips_of_one_name_have_labels_of_their_own(street, tmp_path):
    labels = FilmLabels(tmp_path / "labels", [street, street], SIZE)
    labels.make(ramp, "a network")
    assert labels.read(1, 0).shape == (*SIZE, 2)
    assert len(list((tmp_path / "labels").glob("*_street/*.png"))) == 2 * FRAMES


@pytest.mark.usefixtures("fake")
def test_a_film_that_shows_no_depth_does_not_teach(street, standing, tmp_path, monkeypatch):
    labels = FilmLabels(tmp_path / "taught", [street], SIZE)
    labels.make(ramp, "a network")
    (verdict,) = labels.verdicts(0.4)
    assert verdict.teaches and verdict.confidence == pytest.approx(0.75)
    assert str(verdict).startswith("street teaches: confidence 0.75, spread 0.10")
    monkeypatch.undo()
    labels = FilmLabels(tmp_path / "untaught", [standing], SIZE)
    labels.make(ramp, "a network")
    (verdict,) = labels.verdicts(0.4)
    assert not verdict.teaches and verdict.confidence == 0 and verdict.empty == 1
    assert str(verdict).startswith("standing is left out")
