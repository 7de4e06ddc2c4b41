"""Masks of moving pixels."""

import numpy as np
import pytest

from dfnet_tf.data.sources import synthetic
from dfnet_tf.geometry import object_motion, optical_flow

INTRINSICS = np.float32([[[50, 0, 20], [0, 50, 10], [0, 0, 1]]])
SIDEWAYS = np.eye(4, dtype="float32")[None]
SIDEWAYS[:, 0, 3] = 0.4  # A point at depth 5 moves right by 50 * 0.4 / 5 = 4 pixels.
HEIGHT, WIDTH = 21, 41


def constant(*values):
    return np.broadcast_to(np.float32(values), (1, HEIGHT, WIDTH, len(values)))


def score(flow, backward=None, motion=SIDEWAYS):
    """Of a wall at depth 5 whose flow is the same everywhere, in the middle of the picture."""
    backward = np.negative(flow) if backward is None else backward
    arrays = constant(*flow), constant(*backward), constant(5.0), INTRINSICS, motion
    return float(object_motion.motion_score(*arrays)[0, HEIGHT // 2, WIDTH // 2, 0])


def test_disagreement_by_hand():
    flow = np.float32([[3, 4], [0, 0], [10, 0]])
    rigid_flow = np.float32([[3, 4], [0, 0.8], [10, 0.8]])
    # 0; 0.64 / (0.01 * 0.64 + 0.5); 0.64 / (0.01 * 200.64 + 0.5).
    expected = np.array([[0], [1.263823], [0.255346]])
    np.testing.assert_allclose(
        object_motion.disagreement(flow, rigid_flow), expected, rtol=1e-5, atol=1e-7
    )


def test_the_order_of_the_flows_does_not_matter():
    flows = np.random.default_rng(0).normal(size=(2, 5, 7, 2)).astype("float32")
    np.testing.assert_array_equal(
        object_motion.disagreement(*flows), object_motion.disagreement(*flows[::-1])
    )


@pytest.mark.parametrize("length", [2.0, 4.0, 8.0])
def test_parallax_of_a_depth_within_a_factor_of_two_is_no_motion(length):
    assert score((length, 0.0)) == pytest.approx(0, abs=1e-4)


def test_the_score_by_hand():
    # Across the parallax: 3 pixels.
    assert score((4.0, 3.0)) == pytest.approx(9 / (0.01 * (25 + 16) + 0.5), rel=1e-3)
    # Along it: 11 where at most 2 * 4 agree; then -1 where at least 4 / 2 do.
    assert score((11.0, 0.0)) == pytest.approx(9 / (0.01 * (121 + 16) + 0.5), rel=1e-3)
    assert score((-1.0, 0.0)) == pytest.approx(9 / (0.01 * (1 + 16) + 0.5), rel=1e-3)


def test_a_flow_that_does_not_lead_back_is_in_doubt():
    # There and back are 2 pixels apart: 4 is added to the doubt.
    found = score((4.0, 3.0), backward=(-2.0, -3.0))
    assert found == pytest.approx(9 / (0.01 * (25 + 16) + 0.5 + 4), rel=1e-3)


def test_without_parallax_only_the_rotation_is_no_motion():
    still = np.eye(4, dtype="float32")[None]
    assert score((0.0, 0.0), motion=still) < 1e-4
    assert score((0.0, 2.0), motion=still) == pytest.approx(4 / (0.01 * 4 + 0.5), rel=1e-2)


def test_an_unknown_flow_does_not_move():
    unknown = constant(np.nan, np.nan)
    arrays = unknown, unknown, constant(5.0), INTRINSICS, SIDEWAYS
    assert not np.asarray(object_motion.moving_mask(*arrays)).any()


def test_samples_do_not_mix():
    rng = np.random.default_rng(0)
    flows = rng.normal(0, 3, (2, 2, HEIGHT, WIDTH, 2)).astype("float32")
    depth = rng.uniform(2, 9, (2, HEIGHT, WIDTH, 1)).astype("float32")
    cameras = INTRINSICS * np.float32([[[1]], [[1.2]]])
    motions = np.concatenate([SIDEWAYS, np.linalg.inv(SIDEWAYS)])
    both = object_motion.motion_score(*flows, depth, cameras, motions)
    for i in range(2):
        one = slice(i, i + 1)
        alone = object_motion.motion_score(
            flows[0][one], flows[1][one], depth[one], cameras[one], motions[one]
        )
        np.testing.assert_allclose(both[one], alone, rtol=1e-4, atol=1e-5)


def test_with_true_flows_no_static_pixel_and_half_of_the_moving_pixels_are_found():
    film = synthetic.render_clip(3, 2, 48, 96)
    motion = np.linalg.inv(film.camera_to_world[1]) @ film.camera_to_world[0]
    arrays = film.depth[:1, ..., None], film.intrinsics[None], np.float32(motion[None])
    found = object_motion.moving_mask(film.forward_flow, film.backward_flow, *arrays)
    found, moving = np.asarray(found)[0, ..., 0] > 0, film.moving[0] > 0
    rigid = np.asarray(optical_flow.rigid_flow(*arrays))[0]
    fast = np.linalg.norm(film.forward_flow[0] - rigid, axis=-1) > 2
    assert not (found & ~moving).any()
    assert (found & moving & fast).sum() > 0.5 * (moving & fast).sum() > 0
