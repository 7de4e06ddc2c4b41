import numpy as np
import pytest

from dfnet_tf.config import preset
from dfnet_tf.data import augment
from dfnet_tf.geometry import camera

CONFIG = preset("tiny").data
INTRINSICS = np.array([[30.0, 0, 13.5], [0, 30.0, 7.5], [0, 0, 1]], "float32")


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=[3, 16, 32, 3]).astype("float32")


def test_scale_one_changes_nothing(images):
    draws = np.array([0, 0, 0.7, 0.2], "float32")
    cropped, intrinsics = augment.scale_and_crop(images, INTRINSICS, draws, CONFIG)
    np.testing.assert_allclose(cropped, images, atol=1e-5)
    np.testing.assert_allclose(intrinsics, INTRINSICS, atol=1e-5)


@pytest.mark.parametrize("draws", [(1, 0, 0, 0), (0, 1, 1, 1), (0.9, 0.4, 0.3, 0.8)])
def test_intrinsics_move_with_the_pixels(draws):
    # In a picture of its own pixels' places, a moved pixel tells where it came from.
    places = np.array(camera.pixel_grid(16, 32))
    picture = np.concatenate([places, places[..., :1]], -1)[None].astype("float32")
    cropped, moved = augment.scale_and_crop(picture, INTRINSICS, np.array(draws, "float32"), CONFIG)
    old = np.append(np.array(cropped)[0, 8, 16, :2], 1.0)
    new = np.array([16.0, 8.0, 1.0])
    np.testing.assert_allclose(
        np.linalg.inv(moved) @ new, np.linalg.inv(INTRINSICS) @ old, atol=1e-4
    )


def test_the_crop_stays_within_the_enlarged_picture():
    ramp = np.broadcast_to(np.arange(32.0)[:, None], [1, 16, 32, 3]).astype("float32")
    for place in (0.0, 1.0):
        draws = np.array([1, 1, place, place], "float32")
        cropped, _ = augment.scale_and_crop(ramp, INTRINSICS, draws, CONFIG)
        steps = np.diff(np.array(cropped)[0, 8, :, 0])
        # Inside, every pixel steps by 1 / scale; beyond the border it would stand still.
        assert (steps[1:-1] > 0.5 / CONFIG.max_scale).all()


def test_colours_change_alike_in_all_frames_and_stay_in_range(images):
    same = np.repeat(images[:1], 3, axis=0)
    rng = np.random.default_rng(1)
    jittered = np.array(
        augment.jitter_color(same, rng.uniform(size=5).astype("f"), rng.normal(size=2), CONFIG)
    )
    np.testing.assert_array_equal(jittered[0], jittered[2])
    assert np.abs(jittered - same).max() > 0.01
    assert jittered.min() >= 0 and jittered.max() <= 1


def test_neutral_draws_leave_the_colours(images):
    jittered = augment.jitter_color(images, np.full(5, 0.5, "f"), np.zeros(2, "f"), CONFIG)
    np.testing.assert_allclose(jittered, images, atol=1e-5)


def test_mirroring_keeps_the_ray_of_every_point(images):
    mirrored, moved = augment.mirror(images, INTRINSICS, np.float32(0.2))
    np.testing.assert_array_equal(np.array(mirrored)[:, :, 3], images[:, :, 32 - 1 - 3])
    ray = (3.0 - INTRINSICS[0, 2]) / INTRINSICS[0, 0]
    moved = np.array(moved)
    assert (32 - 1 - 3 - moved[0, 2]) / moved[0, 0] == pytest.approx(-ray)
    np.testing.assert_array_equal(moved[1:], INTRINSICS[1:])


def test_a_draw_of_a_half_mirrors_nothing(images):
    same, intrinsics = augment.mirror(images, INTRINSICS, np.float32(0.5))
    np.testing.assert_array_equal(same, images)
    np.testing.assert_array_equal(intrinsics, INTRINSICS)
