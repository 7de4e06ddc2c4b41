import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.geometry import patchwork
from dfnet_tf.losses import distillation

ONES = np.ones([4, 20, 30, 1], "float32")  # Three frames: four pairs.


def constant_flow(u, size=(20, 30)):
    return np.full([4, *size, 2], [u, 0.0], "float32")


def test_a_crop_is_the_middle_enlarged():
    y, x = np.mgrid[:20, :30].astype("float32")
    places = np.array(distillation.crop(np.stack([x, y], axis=-1)[None]))[0]
    np.testing.assert_allclose(places.mean(axis=(0, 1)), [14.5, 9.5], atol=1e-4)
    np.testing.assert_allclose(np.diff(places[..., 0], axis=1), 0.8, atol=1e-4)
    np.testing.assert_allclose(np.diff(places[..., 1], axis=0), 0.8, atol=1e-4)


def test_a_flow_grows_with_its_crop():
    np.testing.assert_allclose(distillation.crop_flow(constant_flow(2.0)), constant_flow(2.5))


@pytest.mark.parametrize("student", [5.0, 1.0])
def test_teaches_where_the_crop_cannot_see(student):
    # Both directions the same: nowhere consistent, so that all is taught; u is halved in its grid.
    crop_flows = constant_flow(student / 2, (10, 15))
    taught = distillation.flow_distillation(constant_flow(2.0), ONES, crop_flows, 3)
    np.testing.assert_allclose(taught, abs(student - 2.5), atol=3e-3)


def test_does_not_teach_what_the_crop_sees_or_the_whole_does_not():
    still = constant_flow(0.0)
    np.testing.assert_array_equal(
        distillation.flow_distillation(constant_flow(2.0), ONES, still, 3), 0
    )
    np.testing.assert_array_equal(
        distillation.flow_distillation(constant_flow(2.0), 0 * ONES, constant_flow(5.0), 3), 0
    )


def test_the_teacher_gets_no_gradient():
    teacher, student = tf.constant(constant_flow(2.0)), tf.constant(constant_flow(5.0))
    with tf.GradientTape() as tape:
        tape.watch([teacher, student])
        taught = distillation.flow_distillation(teacher, ONES, student, 3)
    to_teacher, to_student = tape.gradient(taught, [teacher, student])
    assert to_teacher is None
    assert np.abs(to_student[..., 0]).min() > 0


def drawn(num_frames=2, height=16, width=32):
    """Disparities of one clip, what their patchworks should be, and how those are drawn."""
    generator = np.random.default_rng(0)
    draws = generator.uniform(size=[1, num_frames, patchwork.NUM_DRAWS]).astype("float32")
    disparity = generator.uniform(0.5, 2.0, [1, num_frames, height, width, 1]).astype("float32")
    right = np.exp(patchwork.patchwork(np.log(disparity[0]), draws[0]))
    return {"disparities": [disparity], "patchwork_disparities": [right], "draws": draws}


def test_a_patchwork_should_have_the_relief_of_the_frames_disparity():
    predictions = drawn()
    per_picture = np.float32([0.5, 3.0])[:, None, None, None]
    right = predictions["patchwork_disparities"][0]
    predictions["patchwork_disparities"] = [per_picture * right**0.7]
    np.testing.assert_allclose(distillation.depth_distillation(predictions), 0, atol=1e-4)


def test_a_relief_has_mean_0_and_mean_deviation_1_unless_it_is_flat():
    maps = np.float32([[1, 1, 5, 5], [3, 3, 3, 3]])[:, None, :, None]
    np.testing.assert_allclose(distillation.relief(maps)[..., 0, :, 0], [[-1, -1, 1, 1], [0] * 4])


def test_a_relief_turned_upside_down_costs_twice_its_deviation():
    predictions = drawn()
    flipped = 1 / predictions["patchwork_disparities"][0]
    predictions["patchwork_disparities"] = [flipped, flipped]  # Two levels of one size.
    np.testing.assert_allclose(distillation.depth_distillation(predictions), 2 + 2, rtol=1e-4)


def test_saying_less_of_a_patchwork_costs_no_less():
    predictions = tf.nest.map_structure(tf.constant, drawn())
    noise = np.random.default_rng(1).normal(0, 0.5, [2, 16, 32, 1]).astype("float32")
    contrast = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        said = tf.math.log(predictions["patchwork_disparities"][0]) + noise
        predictions["patchwork_disparities"] = [tf.exp(contrast * said)]
        cost = tf.reduce_sum(distillation.depth_distillation(predictions))
    assert cost > 0.5
    assert float(tape.gradient(cost, contrast)) == pytest.approx(0, abs=1e-4)


def test_flat_disparities_have_finite_gradients():
    predictions = tf.nest.map_structure(tf.constant, drawn())
    predictions["disparities"] = [tf.ones_like(predictions["disparities"][0])]
    flat = tf.ones_like(predictions["patchwork_disparities"][0])
    with tf.GradientTape() as tape:
        tape.watch(flat)
        predictions["patchwork_disparities"] = [flat]
        taught = distillation.depth_distillation(predictions)
    np.testing.assert_array_equal(taught, 0)
    assert np.isfinite(tape.gradient(taught, flat)).all()


def test_whole_frames_learn_nothing_from_patchworks():
    predictions = tf.nest.map_structure(tf.constant, drawn())
    predictions["patchwork_disparities"] = [predictions["patchwork_disparities"][0] ** 2 + 0.1]
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        taught = distillation.depth_distillation(predictions)
    gradients = tape.gradient(taught, predictions)
    assert gradients["disparities"] == [None]
    assert np.abs(gradients["patchwork_disparities"][0]).max() > 0
