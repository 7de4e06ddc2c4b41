"""Training steps with learned intrinsics."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.sources.street import build_street
from dfnet_tf.geometry import rigid_motion
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset

HEIGHT, WIDTH = 32, 64
CONFIG = preset("tiny").replace(
    data__height=HEIGHT,
    data__width=WIDTH,
    data__intrinsics="learned",
    training__jit_loss=False,
)


@pytest.fixture(scope="module")
def street():
    """Three frames of a street; the camera turns by some degrees between them."""
    drawn = build_street(3, 3)
    poses = [
        rigid_motion.matrix_from_six_vector(
            np.array([0, -1.5, 0.45 * i, 0.03 * i, 0.04 * i, 0], "float32")
        )
        for i in (0, 1, 2)
    ]
    turning = dataclasses.replace(drawn, camera_to_world=np.array(poses, "float64"))
    return synthetic.rendered(turning, HEIGHT, WIDTH)


FACTORS = (1.5, 0.7)  # Factors of the first guesses of the two clips' focal lengths.


def batch_of(street):
    """The same film twice, each with its own camera."""
    images = tf.constant(np.stack([street.images] * 2) / 255, "float32")
    return {
        "images": images,
        "clean_images": images,
        "clip": tf.constant([0, 1]),
        "crop": tf.eye(3, batch_shape=[2]),
    }


@pytest.fixture
def model(street):
    """An untrained model with wrong focal lengths."""
    model = DFNet(CONFIG, num_cameras=2)
    model.build()
    guesses = [street.intrinsics * np.array([[f], [f], [1]], "float32") for f in FACTORS]
    model.cameras.assign(np.stack(guesses))
    return model


def six_vector(motion):
    """Inverse of `rigid_motion.matrix_from_six_vector`."""
    turn = motion[:3, :3]
    rx, rz = np.arctan2(-turn[1, 2], turn[2, 2]), np.arctan2(-turn[0, 1], turn[0, 0])
    return [*motion[:3, 3], rx, np.arcsin(turn[0, 2]), rz]


def true_predictions(street):
    """Perfect predictions for the two clips, at every level."""

    def other_from(first, second):
        world_from_first, world_from_second = street.camera_to_world[[first, second]]
        return six_vector(np.linalg.inv(world_from_second) @ world_from_first)

    def shrunk(maps, factor):
        return tf.nn.avg_pool2d(maps.astype("float32"), factor, factor, "VALID")

    (back_to_0, back_to_1), (on_to_1, on_to_2) = street.backward_flow, street.forward_flow
    flows = np.stack([back_to_0, on_to_2, on_to_1, back_to_1] * 2)
    disparities = 1 / street.depth[..., None]
    motions = [[other_from(1, source), other_from(source, 1)] for source in (0, 2)]
    return {
        "disparities": [tf.stack([shrunk(disparities, 2**s)] * 2) for s in range(4)],
        "motions": tf.constant([motions] * 2, "float32"),
        "flows": [shrunk(flows, 4 * 2**s) / (4 * 2**s) for s in range(4)],
    }


def test_true_depth_and_motion_lead_to_the_true_focal_lengths(street, model):
    batch, truth = batch_of(street), true_predictions(street)
    optimizer = keras.optimizers.Adam(0.03)
    optimizer.build([model.cameras.free])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            predictions = {**truth, "intrinsics": model.cameras(batch["clip"])}
            total, _ = model.loss_terms(batch, predictions)
        optimizer.apply_gradients([(tape.gradient(total, model.cameras.free), model.cameras.free)])

    for _ in range(80):
        step()
    learned = np.array(model.cameras.matrices())
    expected = np.stack([street.intrinsics] * 2)
    np.testing.assert_allclose(learned[:, [0, 1], [0, 1]], expected[:, [0, 1], [0, 1]], rtol=0.02)


def test_the_loss_pulls_at_every_number_and_survives_a_black_film(street, model):
    batch = batch_of(street)
    black = batch["clean_images"] * tf.constant([1.0, 0.0])[:, None, None, None, None]
    predictions = {**true_predictions(street), "intrinsics": model.cameras(batch["clip"])}
    _, _, gradients = model._loss_and_gradient({**batch, "clean_images": black}, predictions)
    *_, of_intrinsics, _ = map(np.array, gradients)  # In the order of the predictions' names.
    assert np.isfinite(of_intrinsics).all()
    assert (of_intrinsics[0, [0, 0, 1, 1], [0, 2, 1, 2]] != 0).all()


def test_crops_move_what_was_learned(street, model):
    """Half the size, then 3 pixels to the right: the losses use such a camera."""
    batch = batch_of(street)
    crop = np.array([[0.5, 0, 3.0], [0, 0.5, 0], [0, 0, 1]], "float32")
    batch["crop"] = tf.stack([tf.eye(3), crop])
    batch["clip"] = tf.constant([0, 0])
    (fx, _, cx), (_, fy, cy), _ = np.array(model.cameras.matrices())[0]
    _, intrinsics = model.loss_inputs(batch, {"intrinsics": model.cameras(batch["clip"])})
    np.testing.assert_allclose(intrinsics[0], [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], rtol=1e-6)
    moved = [[fx / 2, 0, cx / 2 + 3], [0, fy / 2, cy / 2], [0, 0, 1]]
    np.testing.assert_allclose(intrinsics[1], moved, rtol=1e-6)


def test_cameras_stay_in_float32_where_networks_do_not(street):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = DFNet(CONFIG, num_cameras=2)
    model.build()
    model.cameras.assign(np.stack([street.intrinsics] * 2))
    predictions = model(batch_of(street))
    np.testing.assert_allclose(predictions["intrinsics"][1], street.intrinsics, rtol=1e-6)


def test_a_saved_model_keeps_its_cameras(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.cameras.matrices(), model.cameras.matrices())
