"""Frames that pass the motion gate, and detected cuts."""

import numpy as np
import pytest

from dfnet_tf.data.preparation.stills_and_cuts import CutDetector, MotionGate
from dfnet_tf.data.sources.synthetic import render_clip


def flat(level):
    return np.full((48, 64, 3), level, np.uint8)


def refusals(threshold, images):
    gate = MotionGate(threshold)
    return [gate.refusal(image) for image in images]


def cuts(images):
    """The indices of frames before which a cut is detected."""
    detector = CutDetector()
    return [i for i, image in enumerate(images) if detector.is_cut(image)]


@pytest.fixture(scope="module")
def streets():
    """Three films of 7 frames, [48, 160]."""
    return [render_clip(seed, 7, 48, 160).images for seed in range(3)]


def test_a_slow_change_adds_up_until_a_frame_passes():
    levels = [30, 34, 38, 42, 46]
    expected = [None, "static", None, "static", None]
    assert refusals(6, [flat(level) for level in levels]) == expected


def test_a_camera_that_stands_is_told_in_spite_of_its_noise():
    rng = np.random.default_rng(0)
    noisy = [np.uint8(rng.normal(100, 8, (120, 320, 3)).clip(0, 255)) for _ in range(4)]
    assert refusals(1.0, noisy) == [None, "static", "static", "static"]
    assert refusals(0.0, noisy) == [None] * 4


def test_a_repeated_frame_is_told_at_any_threshold(streets):
    twice = np.repeat(streets[0], 2, axis=0)
    assert refusals(0.0, twice) == [None, "repeated"] * 7
    assert refusals(0.0, streets[0]) == [None] * 7


def test_a_film_without_cuts_has_none(streets):
    for street in streets:
        assert cuts(street) == []


def test_every_cut_between_films_is_found(streets):
    joined = np.concatenate(streets)
    assert cuts(joined) == [7, 14]
    assert cuts(joined[::-1]) == [7, 14]


@pytest.mark.parametrize("step", [8, 16, 20])  # Up to a quarter of the 80 columns, in one frame.
def test_a_fast_turn_is_no_cut(streets, step):
    for street in streets:
        lefts = [min(i * step, 80) for i in range(7)]
        turning = [image[:, left : left + 80] for image, left in zip(street, lefts, strict=True)]
        assert cuts(turning) == []


@pytest.mark.parametrize(("gain", "gamma"), [(0.3, 1), (0.6, 1), (1.8, 1), (1, 0.5), (1, 2)])
def test_a_sudden_exposure_is_no_cut(streets, gain, gamma):
    for street in streets:
        other = 255 * np.minimum(1, gain * (street[4:] / 255.0) ** gamma)
        assert cuts([*street[:4], *other.astype(np.uint8)]) == []


def test_a_cut_is_found_while_the_exposure_changes_too(streets):
    darker = (0.4 * streets[1]).astype(np.uint8)
    assert cuts([*streets[0], *darker]) == [7]


def test_flat_frames_are_alike_and_unlike_a_picture(streets):
    assert cuts([flat(level) for level in (0, 90, 20, 255)]) == []
    black = np.zeros_like(streets[0][0])
    assert cuts([*streets[0], black, black, *streets[1]]) == [7, 9]


def test_a_film_that_is_always_unlike_itself_is_not_cut_to_pieces():
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (48, 160, 3), np.uint8) for _ in range(30)]
    assert max(cuts(noise)) <= 2  # Until the running level is known.
