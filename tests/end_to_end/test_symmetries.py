"""The published networks on rendered films that are mirrored, swapped, reversed and enlarged.

What such a change does to depth, flow and motion is known without any truth. The bounds are 1.5
times the larger of the two measured errors, or more. Each test also breaks its relation on purpose
and expects more than twice the bound.
"""

from pathlib import Path

import numpy as np
import pytest

from dfnet_tf.data.sources import synthetic
from dfnet_tf.evaluation.flow_metrics import resized_flow
from dfnet_tf.geometry import camera
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.training import checkpoints

PUBLISHED = Path(__file__).parents[2] / "pretrained/mobile"
HEIGHT, WIDTH = 192, 576
MIRROR = np.diag([-1.0, 1, 1, 1])  # X to the left.


@pytest.fixture(scope="module")
def networks():
    return Predictor(checkpoints.load_trained(PUBLISHED))


@pytest.fixture(scope="module", params=["street", "town"])
def film(request):
    return synthetic.render_clip(1, 3, HEIGHT, WIDTH, world=request.param)


def mirrored(maps):
    return np.ascontiguousarray(np.flip(maps, axis=-2))


def flow_between(networks, first, second):
    return resized_flow(networks.flow(first, second), HEIGHT, WIDTH)


def relative_gap(flow, expected, film):
    """The mean length of the difference at visible pixels, relative to that of the flow."""
    visible = film.forward_visible[0] > 0
    gap, length = (np.linalg.norm(maps[visible], axis=-1) for maps in (flow - expected, expected))
    return gap.mean() / length.mean()


def relative_change(motion, expected):
    return np.abs(motion - expected).max() / np.linalg.norm(expected[:3, 3])


def test_depth_of_a_mirrored_frame_is_the_mirrored_depth(networks, film):
    def gap(disparity):
        return np.abs(np.log(disparity / networks.disparity(film.images[0]))).mean()

    of_mirrored = networks.disparity(mirrored(film.images[0]))[..., None]
    assert gap(mirrored(of_mirrored)[..., 0]) < 0.13  # Measured: 0.086 (street), 0.074 (town).
    assert gap(of_mirrored[..., 0]) > 0.26


def test_flow_of_mirrored_frames_is_the_mirrored_flow(networks, film):
    flow = flow_between(networks, *film.images[:2])
    back = mirrored(flow_between(networks, *mirrored(film.images[:2])))
    assert relative_gap(back * [-1, 1], flow, film) < 0.11  # Measured: 0.039, 0.071.
    assert relative_gap(back, flow, film) > 0.22


def test_flow_of_swapped_frames_leads_back(networks, film):
    flow, backward = (flow_between(networks, *film.images[:2][::way]) for way in (1, -1))
    x, y = np.moveaxis(np.round(camera.pixel_grid(HEIGHT, WIDTH) + flow).astype(int), -1, 0)
    there = backward[y.clip(0, HEIGHT - 1), x.clip(0, WIDTH - 1)]
    assert relative_gap(-there, flow, film) < 0.13  # Measured: 0.035, 0.083.
    assert relative_gap(there, flow, film) > 0.26


def test_a_film_played_backwards_has_the_inverse_motion(networks, film):
    poses = networks.snippet(film.images, film.intrinsics)
    reversed_poses = networks.snippet(film.images[::-1], film.intrinsics)
    back = relative_change(np.linalg.inv(reversed_poses[-1]), poses[-1])
    assert back < 0.03  # Measured: 0.002, 0.001.
    assert relative_change(reversed_poses[-1], poses[-1]) > 0.06


def test_a_mirrored_film_has_the_mirrored_motion(networks, film):
    intrinsics = film.intrinsics.copy()
    intrinsics[0, 2] = WIDTH - 1 - intrinsics[0, 2]
    motion = networks.frame_from_next(film.images, 0, film.intrinsics)
    of_mirrored = networks.frame_from_next(mirrored(film.images), 0, intrinsics)
    assert relative_change(MIRROR @ of_mirrored @ MIRROR, motion) < 0.06  # Measured: 0.017, 0.042.
    assert relative_change(of_mirrored, motion) > 0.08


def test_enlarged_frames_with_enlarged_intrinsics_have_the_same_depth_and_motion(networks, film):
    large = film.images.repeat(2, axis=1).repeat(2, axis=2)
    intrinsics = camera.resized_intrinsics(
        film.intrinsics, (HEIGHT, WIDTH), (2 * HEIGHT, 2 * WIDTH)
    )
    small = networks.disparity(film.images[0])
    np.testing.assert_allclose(networks.disparity(large[0]), small, rtol=1e-4)
    motion = networks.frame_from_next(film.images, 0, film.intrinsics)
    of_large = networks.frame_from_next(large, 0, np.asarray(intrinsics))
    assert relative_change(of_large, motion) < 0.03  # Rounding moves the refinement.
    assert relative_change(networks.frame_from_next(large, 0, film.intrinsics), motion) > 0.06
