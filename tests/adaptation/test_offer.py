"""What a film offers: measured on rendered streets and on films that show no depth."""

import dataclasses

import numpy as np
import pytest
from rendered_film import true_disparity, written

from dfnet_tf.adaptation import offer
from dfnet_tf.data.sources import synthetic
from dfnet_tf.film.neighbours import Neighbour

SIZE = (96, 320)
GOOD = offer.Offer(0.8, 5.0, 0.2, 0.02, 0.7, 0.1)


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(101, 10, *SIZE)


def test_a_street_with_a_good_network_teaches(film, tmp_path):
    clip = written(film.images, film.intrinsics, tmp_path / "street")
    found = offer.of_film([clip], true_disparity(film))
    assert found.teaches and found.confidence > 0.5
    assert found.parallax > 1.0 and found.followed > 0.5
    assert 0.0 <= found.turn < 1.0 and found.moving < 0.3


def test_a_standing_camera_cannot_teach(film, tmp_path):
    clip = written([film.images[0]] * 9, film.intrinsics, tmp_path / "still")
    found = offer.of_film([clip], true_disparity(film))
    assert not found.teaches and found.confidence == 0.0
    assert "cannot teach" in found.verdict


def test_rotation_is_no_parallax():
    """A flow that is all rotation, of 1 degree about the vertical axis."""
    focal, angle = 300.0, np.radians(1.0)
    intrinsics = np.array([[focal, 0, 159.5], [0, focal, 47.5], [0, 0, 1]])
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    grid = np.stack(np.meshgrid(np.arange(320.0), np.arange(96.0)), axis=-1)
    rays = np.concatenate([(grid - [159.5, 47.5]) / focal, np.ones((96, 320, 1))], axis=-1) @ turn.T
    flow = rays[..., :2] / rays[..., 2:] * focal + [159.5, 47.5] - grid
    motion = np.eye(4)
    motion[:3, :3], motion[2, 3] = turn, -1.0
    seen = np.ones((96, 320), "float32")
    neighbour = Neighbour(1, np.float32(flow), seen, np.float32(motion))
    followed, parallax, degrees, moving = offer._measured(neighbour, intrinsics)
    assert np.linalg.norm(flow, axis=-1).mean() > 5.0
    assert followed == 1.0 and parallax < 1e-2 and moving == 0.0
    assert degrees == pytest.approx(1.0, abs=1e-3)


def test_passages_are_spread_over_all_clips(film, tmp_path):
    one = written(film.images, film.intrinsics, tmp_path / "a")
    two = dataclasses.replace(one, label="b")
    places = offer._places([one, two])
    assert {clip.name for clip, _ in places} == {"a", "b"}
    assert all(0 <= first <= len(one) - offer.LENGTH for _, first in places)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"followed": 0.2}, "flow can follow only 20%"),
        ({"parallax": 0.3}, "hardly moves past"),
        ({"moving": 0.6}, "60% of what is seen moves"),
        ({}, "its geometry and the network disagree"),
    ],
)
def test_the_verdict_names_the_weakest_property(change, reason):
    weak = dataclasses.replace(GOOD, confidence=0.1, **change)
    assert reason in weak.verdict and not weak.teaches
    assert GOOD.teaches and "well enough" in GOOD.verdict


def test_unknown_numbers_do_not_count_as_good():
    unknown = offer.Offer(np.nan, np.nan, np.nan, np.nan, 0.0, np.nan)
    assert "flow can follow only" in unknown.verdict
