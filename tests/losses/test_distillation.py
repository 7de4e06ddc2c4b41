import numpy as np
import pytest
import tensorflow as tf

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
    # Equal in both directions, so inconsistent everywhere and all taught; u is halved in its grid.
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


def log_disparities(num=2, height=4, width=8):
    return np.random.default_rng(0).normal(size=[num, height, width, 1]).astype("float32")


def test_disparities_with_another_scale_per_picture_cost_nothing():
    taught = log_disparities()
    scales = np.float32([0.5, 3.0])[:, None, None, None]
    coarse = taught.reshape(2, 2, 2, 4, 2, 1).mean(axis=(2, 4))
    right = [scales * np.exp(taught), scales[::-1] * np.exp(coarse)]
    np.testing.assert_allclose(distillation.depth_distillation(taught, right), 0, atol=1e-5)


def test_the_gap_is_that_of_log_disparities():
    taught = np.repeat(np.float32([0, 4, 0, 0]), 2)[None, None, :, None].repeat(2, axis=1)
    # For a flat picture: -1, 3, -1, -1 from the mean; the same at half the size.
    flat = [np.ones([1, 2, 8, 1], "float32"), np.ones([1, 1, 4, 1], "float32")]
    np.testing.assert_allclose(distillation.depth_distillation(taught, flat), [1.5 + 1.5])


def test_flat_disparities_have_finite_gradients_and_the_teacher_none():
    taught, said = tf.constant(log_disparities()), tf.ones([2, 4, 8, 1])
    with tf.GradientTape() as tape:
        tape.watch([taught, said])
        gap = distillation.depth_distillation(taught, [said])
    to_teacher, to_student = tape.gradient(gap, [taught, said])
    assert to_teacher is None
    assert np.isfinite(to_student).all() and np.abs(to_student).max() > 0
    with tf.GradientTape() as tape:
        tape.watch(said)
        gap = distillation.depth_distillation(tf.zeros_like(taught), [said])
    np.testing.assert_array_equal(gap, 0)
    assert np.isfinite(tape.gradient(gap, said)).all()


def test_edges_cost_the_difference_between_neighbours():
    """A step of 2 in log disparity that the prediction, 1 everywhere, lacks."""
    step = np.float32([0, 0, 0, 0, 2, 2, 2, 2])[None, None, :, None].repeat(4, axis=1)
    labels = np.concatenate([step, np.ones_like(step)], axis=-1)
    flat = np.ones([1, 4, 8, 1], "float32")
    # One of 7 neighbours next to each other differs, and 2 of 6 with one pixel between; none below.
    np.testing.assert_allclose(
        distillation.depth_edges(labels, [flat]), [2 / 7 + 2 * 2 / 6], rtol=1e-5
    )
    same = [3.0 * np.exp(step)]
    np.testing.assert_allclose(distillation.depth_edges(labels, same), [0.0], atol=1e-6)


def test_edges_of_films_cost_nothing():
    labels = np.concatenate([log_disparities(), np.full([2, 4, 8, 1], 0.99, "float32")], axis=-1)
    labels[1, ..., 1] = 1.0
    cost = distillation.depth_edges(labels, [np.ones([2, 4, 8, 1], "float32")])
    assert cost[0] == 0 and cost[1] > 0


def test_the_unit_is_that_of_the_labels_of_films():
    """Predictions of twice the labelled disparity: log 2 for a film, nothing for exact labels."""
    taught = log_disparities()
    confidence = np.float32([0.5, 1.0])[:, None, None, None] * np.ones_like(taught)
    labels = np.concatenate([taught, confidence], axis=-1)
    twice = [2.0 * np.exp(taught), np.ones([2, 2, 4, 1], "float32")]
    unit = distillation.depth_unit(labels, twice, 0.5)
    np.testing.assert_allclose(unit, [np.log(2), 0.0], atol=1e-6)
    np.testing.assert_allclose(distillation.film_depth(labels, twice[:1], 0.5), 0, atol=1e-5)
