"""Which flow teaches the other, for each pixel."""

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.losses import teaching
from dfnet_tf.losses.flow_views import FlowView

WIDTH = 8


def view(flow, visible=1.0):
    return FlowView(tf.constant(flow), None, None, tf.fill([1, 1, WIDTH, 1], visible))


def row(*values):
    """A picture with one row, [1, 1, WIDTH, 1]; the last value is repeated to the end."""
    values = [*values] + [values[-1]] * (WIDTH - len(values))
    return np.array(values, "float32")[None, None, :, None]


def flow_of(*u):
    """A flow only along x, [1, 1, WIDTH, 2]."""
    return np.concatenate([row(*u), row(0.0)], axis=-1)


def gradients(rigid_error, flow_error, rigid_u, flow_u, **visible):
    rigid = view(flow_of(*rigid_u), visible.get("rigid", 1.0))
    predicted = view(flow_of(*flow_u), visible.get("flow", 1.0))
    with tf.GradientTape() as tape:
        tape.watch([rigid.flow, predicted.flow])
        gap = teaching.taught_gap(rigid, predicted, row(*rigid_error), row(*flow_error))
    to_rigid, to_flow = tape.gradient(gap, [rigid.flow, predicted.flow])
    return float(gap[0]), *(
        np.zeros(WIDTH) if g is None else g[0, 0, :, 0].numpy() for g in (to_rigid, to_flow)
    )


@pytest.mark.parametrize("errors", [(0.1, 0.3), (0.2, 0.2), (0.205, 0.2)])
def test_ties_go_to_the_rigid_flow(errors):
    gap, to_rigid, to_flow = gradients([errors[0]], [errors[1]], [1.0], [1.5])
    assert gap == pytest.approx(0.5, rel=1e-3)
    np.testing.assert_array_equal(to_rigid, 0)
    np.testing.assert_allclose(to_flow, 1 / WIDTH, rtol=1e-3)


def test_a_clearly_better_flow_teaches():
    gap, to_rigid, to_flow = gradients([0.3], [0.1], [1.0], [1.5])
    assert gap == pytest.approx(0.5, rel=1e-3)
    np.testing.assert_allclose(to_rigid, -1 / WIDTH, rtol=1e-3)
    np.testing.assert_array_equal(to_flow, 0)


def test_early_in_training_the_flow_teaches_although_all_pixels_disagree():
    _, to_rigid, _ = gradients([0.3], [0.1], [0.0], [20.0])
    np.testing.assert_allclose(to_rigid, -1 / WIDTH, rtol=1e-3)


def test_moving_objects_are_excluded():
    _, to_rigid, to_flow = gradients([0.3, 0.1], [0.1, 0.1], [0.0, 5.0], [20.0, 5.2])
    assert to_rigid[0] == to_flow[0] == 0
    np.testing.assert_allclose(to_flow[1:], 1 / (WIDTH - 1), rtol=1e-3)  # All other pixels do.


def test_flows_that_agree_nearly_everywhere_have_no_moving_object():
    # The first pixel's disagreement is 0.5, eight times the mean, but below 1: no moving object.
    _, to_rigid, _ = gradients([0.3, 0.1], [0.1, 0.1], [0.0, 0.0], [0.5, 0.0])
    assert to_rigid[0] == pytest.approx(-1 / WIDTH, rel=1e-3)


def test_a_flow_does_not_teach_at_its_hidden_pixels():
    assert gradients([0.1], [0.3], [1.0], [1.5], rigid=0.0)[0] == 0
    assert gradients([0.3], [0.1], [1.0], [1.5], flow=0.0)[0] == 0
    assert gradients([0.3], [0.1], [1.0], [1.5], rigid=0.0)[0] == pytest.approx(0.5, rel=1e-3)
