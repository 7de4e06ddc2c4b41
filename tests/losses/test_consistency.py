import numpy as np

from dfnet_tf.losses import consistency

VISIBLE = np.array([[[[1.0], [1.0], [0.0]]]], "float32")


def _flow(*vectors):
    return np.array([[vectors]], "float32")


def test_depth_term_is_the_mean_gap_where_visible():
    depth, warped = (
        np.array([[[[1.0], [2.0], [3.0]]]], "f"),
        np.array([[[[1.5], [1.0], [9.0]]]], "f"),
    )
    expected = (0.5 + 1.0) / 2.001
    np.testing.assert_allclose(
        consistency.depth_consistency(depth, warped, VISIBLE), [expected], rtol=1e-6
    )


def test_flow_and_its_return_cancel():
    forward, back = _flow((1, 2), (3, 0), (5, 5)), _flow((-1, -2), (-2, 0.5), (0, 0))
    expected = (0 + 1.5) / 2.001
    np.testing.assert_allclose(
        consistency.flow_consistency(forward, back, VISIBLE), [expected], rtol=1e-6
    )


def test_cross_task_term_is_the_gap_of_the_two_flows():
    rigid, flow = _flow((1, 2), (3, 0), (5, 5)), _flow((0, 0), (3, 0), (0, 0))
    expected = (1 + 2) / 2.001
    np.testing.assert_allclose(
        consistency.cross_task_consistency(rigid, flow, VISIBLE), [expected], rtol=1e-6
    )
