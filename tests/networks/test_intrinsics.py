import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.networks.intrinsics import LearnedIntrinsics

HEIGHT, WIDTH = 64, 96
GUESSES = np.array(
    [
        [[70.0, 0, 40.5], [0, 75.0, 30.25], [0, 0, 1]],
        [[120.0, 0, 55.0], [0, 110.0, 33.0], [0, 0, 1]],
    ],
    "float32",
)


@pytest.fixture
def cameras():
    layer = LearnedIntrinsics(2, HEIGHT, WIDTH)
    layer.build()
    return layer


def test_the_initial_focal_length_is_the_width_and_the_centre_is_the_middle(cameras):
    expected = [[WIDTH, 0, (WIDTH - 1) / 2], [0, WIDTH, (HEIGHT - 1) / 2], [0, 0, 1]]
    np.testing.assert_allclose(cameras(np.array([1]))[0], expected)


def test_assigned_intrinsics_are_returned_in_the_order_of_the_clips(cameras):
    cameras.assign(GUESSES)
    np.testing.assert_allclose(cameras.matrices(), GUESSES, rtol=1e-6)
    np.testing.assert_allclose(cameras(np.array([1, 0, 1])), GUESSES[[1, 0, 1]], rtol=1e-6)


def test_no_step_makes_a_focal_length_negative_or_a_pixel_wider(cameras):
    cameras.assign(GUESSES)
    cameras.free.assign_add([[-1.5, 0, 0.3], [0.2, -0.1, 0]])
    focal, guess = (np.array(k)[:, [0, 1], [0, 1]] for k in (cameras.matrices(), GUESSES))
    assert (focal > 0).all() and (np.abs(focal / guess - 1) > 0.5).all()
    np.testing.assert_allclose(focal[:, 1] / focal[:, 0], guess[:, 1] / guess[:, 0], rtol=1e-6)


def test_cameras_are_restored_from_their_config(cameras):
    again = LearnedIntrinsics.from_config(cameras.get_config())
    again.build()
    again.assign(GUESSES)
    np.testing.assert_allclose(again.matrices(), GUESSES, rtol=1e-6)
    assert again.compute_dtype == "float32"


def test_a_batch_moves_the_cameras_of_its_clips_alone(cameras):
    cameras.assign(GUESSES)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(cameras(np.array([1, 1])) ** 2)
    gradient = np.array(tape.gradient(total, cameras.free))
    assert (gradient[0] == 0).all() and (gradient[1] != 0).all()
