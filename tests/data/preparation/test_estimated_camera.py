"""The camera of a film from its metadata, its turns, or a guess."""

import dataclasses
import functools

import numpy as np
import pytest

from dfnet_tf.data.preparation import estimated_camera
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.sources.street import FIELD_OF_VIEW, build_street

SIZE = 112, 288
TRUE_FOCAL = 0.5 / np.tan(np.radians(FIELD_OF_VIEW) / 2)  # In image widths.
GUESS = 0.5 / np.tan(np.radians(30))


@functools.cache
def street_film(degrees, num_frames=26):
    """A drive along a street while the camera pans right and left, `degrees` to each side."""
    scene = build_street(3, num_frames)
    yaw = np.radians(degrees) * np.sin(np.arange(num_frames) / 3)
    pan = np.tile(np.eye(4), (num_frames, 1, 1))
    pan[:, 0, 0] = pan[:, 2, 2] = np.cos(yaw)
    pan[:, 0, 2], pan[:, 2, 0] = np.sin(yaw), -np.sin(yaw)
    scene = dataclasses.replace(scene, camera_to_world=scene.camera_to_world @ pan)
    return list(synthetic.rendered(scene, *SIZE).images)


def focal(camera, size=SIZE):
    matrix = camera.intrinsics(size)
    np.testing.assert_allclose(matrix[:2, 2], [(size[1] - 1) / 2, (size[0] - 1) / 2])
    return matrix[0, 0] / max(size)


def test_a_panning_camera_shows_its_focal_length():
    camera = estimated_camera.estimated_camera(street_film(18))
    assert focal(camera) == pytest.approx(TRUE_FOCAL, rel=0.04)
    details = camera.details(SIZE)
    low, high = details["focal_length_5_to_95_percent"]
    assert low < TRUE_FOCAL < high
    assert details["focal_length"] == pytest.approx(focal(camera), abs=1e-4)
    assert camera.is_guessed and camera.origin.startswith("guessed: focal length of 0.")
    assert "pairs of frames" in camera.remarks(SIZE)[0]


def test_a_camera_that_drives_straight_on_is_guessed():
    camera = estimated_camera.estimated_camera(street_film(0, 12))
    assert focal(camera) == pytest.approx(GUESS)
    assert camera.details is None and camera.is_guessed
    assert "because the camera hardly turns" in camera.remarks(SIZE)[0]


def test_small_turns_are_no_evidence(monkeypatch):
    monkeypatch.setattr(estimated_camera, "LEAST_TURN", 1e3)
    camera = estimated_camera.estimated_camera(street_film(18))
    assert focal(camera) == pytest.approx(GUESS)
    assert "8 and 1000 are needed" in camera.remarks(SIZE)[0]


def test_a_film_without_texture_is_guessed():
    camera = estimated_camera.estimated_camera(np.zeros((5, *SIZE, 3), np.uint8))
    assert focal(camera) == pytest.approx(GUESS)


def test_metadata_precede_the_frames():
    """26 mm of 36 mm: 0.72 of the longer side, also of an upright film."""
    black = np.zeros((2, *SIZE, 3), np.uint8)
    camera = estimated_camera.found_camera(26.0, black)
    assert focal(camera) == pytest.approx(26 / 36)
    assert focal(camera, (288, 112)) == pytest.approx(26 / 36)
    assert camera.is_guessed and "26 mm" in camera.remarks(SIZE)[0]
    assert focal(estimated_camera.found_camera(None, black)) == pytest.approx(GUESS)
