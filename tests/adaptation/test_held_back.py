"""Held-back frames: apart from those that teach, and every frame used at most once."""

from pathlib import Path

import numpy as np
import pytest

from dfnet_tf.adaptation.held_back import GAP, LEAST, divided
from dfnet_tf.data.clip import Clip


def clip_of(num_frames: int, name: str = "drive") -> Clip:
    images = tuple(Path(f"{name}/images/{i:06d}.jpg") for i in range(num_frames))
    return Clip(Path(name), images, (48, 160), np.eye(3, dtype="float32"))


@pytest.mark.parametrize("num_frames", [60, 221, 1000])
def test_a_tenth_judges_and_is_apart_from_what_teaches(num_frames):
    clip = clip_of(num_frames)
    taught, (held,) = divided([clip])
    judged = [held.clip.images[i] for i in held.judged]
    places = [clip.images.index(path) for path in judged]
    assert len(judged) == max(LEAST, round(num_frames / 10))
    assert places == list(range(places[0], places[0] + len(places)))
    learned = [clip.images.index(path) for part in taught for path in part.images]
    assert min(abs(a - b) for a in learned for b in places) == GAP + 1
    assert len(learned) == num_frames - len(judged) - 2 * GAP


def test_judged_frames_have_their_neighbours():
    _, (held,) = divided([clip_of(100)])
    assert held.judged.start == GAP
    assert held.judged.stop + GAP == len(held.clip)


def test_a_short_clip_teaches_whole():
    short, long = clip_of(20, "short"), clip_of(100, "long")
    taught, held = divided([short, long])
    assert taught[0] is short
    assert len(held) == 1 and held[0].clip.images[0].parts[0] == "long"


def test_the_parts_of_a_clip_have_names_of_their_own():
    taught, held = divided([clip_of(100)])
    names = [part.name for part in taught] + [one.clip.name for one in held]
    assert len(set(names)) == 3
