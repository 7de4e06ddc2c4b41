"""What moves by itself."""

import numpy as np

from dfnet_tf.data.sources import synthetic
from dfnet_tf.geometry import object_motion, optical_flow


def test_disagreement_by_hand():
    flow = np.float32([[3, 4], [0, 0], [10, 0]])
    rigid_flow = np.float32([[3, 4], [0, 0.8], [10, 0.8]])
    # 0; 0.64 / (0.01 * 0.64 + 0.5); 0.64 / (0.01 * 200.64 + 0.5).
    expected = np.array([[0], [1.263823], [0.255346]])
    np.testing.assert_allclose(
        object_motion.disagreement(flow, rigid_flow), expected, rtol=1e-5, atol=1e-7
    )
    np.testing.assert_array_equal(
        object_motion.moving_mask(flow, rigid_flow), np.array([[0], [1], [0]])
    )


def test_the_order_of_the_flows_does_not_matter():
    flows = np.random.default_rng(0).normal(size=(2, 5, 7, 2)).astype("float32")
    np.testing.assert_array_equal(
        object_motion.disagreement(*flows), object_motion.disagreement(*flows[::-1])
    )


def test_an_unknown_flow_does_not_move():
    unknown = np.full((1, 2), np.nan, "float32")
    assert np.asarray(object_motion.moving_mask(unknown, np.zeros_like(unknown))) == 0


def test_with_true_flows_it_finds_what_moves():
    film = synthetic.render_clip(3, 2, 48, 96)
    next_from_frame = np.linalg.inv(film.camera_to_world[1]) @ film.camera_to_world[0]
    rigid_flow = optical_flow.rigid_flow(
        film.depth[:1, ..., None], film.intrinsics[None], np.float32(next_from_frame[None])
    )
    found = np.asarray(object_motion.moving_mask(film.forward_flow, rigid_flow))[0, ..., 0]
    assert film.moving[0].any()
    assert not (found > film.moving[0]).any()
    assert found.sum() > 0.5 * film.moving[0].sum()  # The rest moves by less than 0.7 px.
