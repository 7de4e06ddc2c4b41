"""The neighbours of a film's frames, with flow and motion."""

import cv2
import numpy as np
import pytest

from dfnet_tf.film.neighbours import agreement, neighbours_of

INTRINSICS = np.float32([[120, 0, 79.5], [0, 120, 47.5], [0, 0, 1]])


def textures(count, step, seed=0, coarse=2.0):
    """A texture that moves `step` pixels to the left each frame, grey uint8 [96, 160]."""
    rng = np.random.default_rng(seed)
    wall = cv2.GaussianBlur(rng.uniform(0, 255, (96, 160 + step * count)), (0, 0), coarse)
    wall = cv2.normalize(wall, None, 0, 255, cv2.NORM_MINMAX).astype("uint8")
    return [np.ascontiguousarray(wall[:, i * step : i * step + 160]) for i in range(count)]


@pytest.fixture(scope="module")
def found():
    return list(neighbours_of(iter(textures(7, 3)), INTRINSICS))


def test_every_frame_has_its_neighbours_before_and_after(found):
    distances = [sorted(one.distance for one in neighbours) for neighbours in found]
    assert distances == [
        [1, 2, 4],
        [-1, 1, 2, 4],
        [-2, -1, 1, 2, 4],
        [-2, -1, 1, 2],
        [-4, -2, -1, 1, 2],
        [-4, -2, -1, 1],
        [-4, -2, -1],
    ]


def test_flow_leads_to_the_neighbour(found):
    for one in found[3]:
        middle = one.flow[20:-20, 30:-30].reshape(-1, 2)
        np.testing.assert_allclose(np.median(middle, axis=0), [-3 * one.distance, 0], atol=0.2)
        assert one.agrees[20:-20, 30:-30].mean() > 0.9


def test_a_pair_has_inverse_motions_from_its_two_sides(found):
    forth = next(one for one in found[2] if one.distance == 2)
    back = next(one for one in found[4] if one.distance == -2)
    np.testing.assert_allclose(forth.motion @ back.motion, np.eye(4), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(forth.motion[:3, 3]), 1.0, rtol=1e-5)


def test_across_a_cut_there_are_no_neighbours():
    film = textures(4, 3) + textures(4, 3, seed=9, coarse=8.0)
    found = list(neighbours_of(iter(film), INTRINSICS))
    assert sorted(one.distance for one in found[3]) == [-2, -1]
    assert sorted(one.distance for one in found[4]) == [1, 2]


def test_a_camera_that_stands_still_has_no_neighbours():
    found = list(neighbours_of(iter(3 * textures(1, 3)), INTRINSICS))
    assert found == [[], [], []]


def test_flows_agree_where_the_backward_flow_returns():
    there, back = (np.full((20, 30, 2), value, "float32") for value in (2.0, -2.0))
    back[:, 20:] = 3.0
    agrees = agreement(there, back)
    assert agrees[2:16, 2:17].all() and not agrees[:, 19:].any()
    assert not agreement(there, -back * 9)[:, :10].any()


def test_a_film_without_frames_has_no_neighbours():
    assert list(neighbours_of(iter([]), INTRINSICS)) == []
