from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from dfnet_tf.data.batches import augmentation
from dfnet_tf.geometry import camera
from dfnet_tf.presets import preset

CONFIG = preset("tiny").data
MAX_SCALE = 1.15
CROPS = SimpleNamespace(height=16, width=32, max_scale=MAX_SCALE, max_zoom=1.0)
NO_ZOOM = 0.7  # Any draw; `CROPS` does not zoom.
INTRINSICS = np.array([[30.0, 0, 13.5], [0, 30.0, 7.5], [0, 0, 1]], "float32")


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=[3, 16, 32, 3]).astype("float32")


def test_scale_one_changes_nothing(images):
    draws = np.array([0, 0, 0.7, 0.2], "float32")
    cropped, intrinsics = augmentation.scale_and_crop(images, INTRINSICS, draws, NO_ZOOM, CROPS)
    np.testing.assert_allclose(cropped, images, atol=1e-5)
    np.testing.assert_allclose(intrinsics, INTRINSICS, atol=1e-5)


@pytest.mark.parametrize("draws", [(1, 0, 0, 0), (0, 1, 1, 1), (0.9, 0.4, 0.3, 0.8)])
def test_intrinsics_move_with_the_pixels(draws):
    # The picture holds its own pixel positions, so a moved pixel shows its origin.
    places = np.array(camera.pixel_grid(16, 32))
    picture = np.concatenate([places, places[..., :1]], -1)[None].astype("float32")
    cropped, moved = augmentation.scale_and_crop(
        picture, INTRINSICS, np.array(draws, "float32"), NO_ZOOM, CROPS
    )
    old = np.append(np.array(cropped)[0, 8, 16, :2], 1.0)
    new = np.array([16.0, 8.0, 1.0])
    np.testing.assert_allclose(
        np.linalg.inv(moved) @ new, np.linalg.inv(INTRINSICS) @ old, atol=1e-4
    )


def test_the_crop_stays_within_the_enlarged_picture():
    ramp = np.broadcast_to(np.arange(32.0)[:, None], [1, 16, 32, 3]).astype("float32")
    for place in (0.0, 1.0):
        draws = np.array([1, 1, place, place], "float32")
        cropped, _ = augmentation.scale_and_crop(ramp, INTRINSICS, draws, NO_ZOOM, CROPS)
        steps = np.diff(np.array(cropped)[0, 8, :, 0])
        # Inside, positions step by 1 / scale; beyond the border they would not change.
        assert (steps[1:-1] > 0.5 / MAX_SCALE).all()


def test_colours_change_alike_in_all_frames_and_stay_in_range(images):
    same = np.repeat(images[:1], 3, axis=0)
    rng = np.random.default_rng(1)
    jittered = np.array(
        augmentation.jitter_color(same, rng.uniform(size=5).astype("f"), rng.normal(size=2), CONFIG)
    )
    np.testing.assert_array_equal(jittered[0], jittered[2])
    assert np.abs(jittered - same).max() > 0.01
    assert jittered.min() >= 0 and jittered.max() <= 1


def test_neutral_draws_leave_the_colours(images):
    jittered = augmentation.jitter_color(images, np.full(5, 0.5, "f"), np.zeros(2, "f"), CONFIG)
    np.testing.assert_allclose(jittered, images, atol=1e-5)


def test_mirroring_keeps_the_ray_of_every_point(images):
    mirrored, moved = augmentation.mirror(images, INTRINSICS, np.float32(0.2))
    moved = camera.of_mirrored_world(moved)
    np.testing.assert_array_equal(np.array(mirrored)[:, :, 3], images[:, :, 32 - 1 - 3])
    ray = (3.0 - INTRINSICS[0, 2]) / INTRINSICS[0, 0]
    moved = np.array(moved)
    assert (32 - 1 - 3 - moved[0, 2]) / moved[0, 0] == pytest.approx(-ray)
    np.testing.assert_array_equal(moved[1:], INTRINSICS[1:])


@pytest.mark.parametrize("mirroring", [0.2, 0.8])
def test_intrinsics_found_later_move_as_those_known_before(images, mirroring):
    """With the identity, augmentation returns the map from old to new pixels, for any camera."""
    draws = np.array([0.9, 0.4, 0.3, 0.8], "float32")

    def augmented(to_pixels):
        cropped, to_pixels = augmentation.scale_and_crop(images, to_pixels, draws, NO_ZOOM, CROPS)
        return augmentation.mirror(cropped, to_pixels, np.float32(mirroring))[1]

    known_before = camera.of_mirrored_world(augmented(INTRINSICS))
    found_later = camera.intrinsics_after(augmented(np.eye(3, dtype="float32")), INTRINSICS)
    np.testing.assert_allclose(found_later, known_before, rtol=1e-6)
    assert float(known_before[0, 0]) > INTRINSICS[0, 0]


def test_a_mirrored_camera_sees_the_mirrored_world():
    """A point at X and its mirror image at -X have mirrored pixels."""
    _, mirrored = augmentation.mirror(np.zeros([1, 16, 32, 3]), np.eye(3, dtype="f"), np.float32(0))
    moved = camera.intrinsics_after(mirrored, INTRINSICS)[None]
    point, image = np.array([[[[0.4, 0.1, 2.0]]], [[[-0.4, 0.1, 2.0]]]], "float32")
    (x, y), (x_moved, y_moved) = (
        np.array(camera.project(points[None], matrix))[0, 0, 0]
        for points, matrix in ((point, INTRINSICS[None]), (image, moved))
    )
    assert (x_moved, y_moved) == pytest.approx((31 - x, y))


def test_a_draw_of_a_half_mirrors_nothing(images):
    same, intrinsics = augmentation.mirror(images, INTRINSICS, np.float32(0.5))
    np.testing.assert_array_equal(same, images)
    np.testing.assert_array_equal(intrinsics, INTRINSICS)


@pytest.mark.parametrize("enlargement", [1.0, 1.5, 2.0, 3.0])
def test_a_larger_image_is_cropped_and_resized_in_one(enlargement):
    """A picture of its own pixel positions *at the training size*, but larger."""
    height, width = round(enlargement * 16), round(enlargement * 32)
    places = (np.array(camera.pixel_grid(height, width)) + 0.5) / enlargement - 0.5
    picture = np.concatenate([places, places[..., :1]], -1)[None].astype("float32")
    draws = np.array([0.9, 0.4, 0.3, 0.8], "float32")
    identity = np.eye(3, dtype="float32")
    cropped, moved = augmentation.scale_and_crop(picture, identity, draws, NO_ZOOM, CROPS)
    assert cropped.shape == (1, 16, 32, 3) and moved[0, 0] > 1.05
    expected = np.linalg.inv(moved) @ np.array([16.0, 8.0, 1.0])
    np.testing.assert_allclose(cropped[0, 8, 16, :2], expected[:2], atol=1e-3)


def test_zoom_enlarges_both_axes_alike(images):
    config = SimpleNamespace(**vars(CROPS) | {"max_scale": 1.0, "max_zoom": 3.0})
    cropped, moved = augmentation.scale_and_crop(
        images, INTRINSICS, np.array([0.9, 0.2, 0.0, 0.0]), 0.5, config
    )
    assert cropped.shape == images.shape
    np.testing.assert_allclose(np.diag(moved), [60.0, 60.0, 1.0], atol=1e-5)


@pytest.mark.parametrize("width", [80, 64, 50, 48, 30])
def test_resizing_averages_areas(width):
    """Close to the exact averages, also for thin lines, which sparse sampling would miss."""
    lines = np.zeros([48, 96, 3], np.float32)
    lines[:, 5::11] = 1.0
    exact = cv2.resize(lines, (width, 24), interpolation=cv2.INTER_AREA)
    resized = augmentation.resize(lines, (24, width))
    assert resized.mean() == pytest.approx(lines.mean(), rel=0.03)
    assert np.abs(resized - exact).max() < 0.15 * exact.max()


def test_bytes_are_jittered_as_floats_are(images):
    uniform, normal = np.array([0.9, 0.1, 0.6, 0.3, 0.8], "f"), np.array([0.5, -1], "f")
    in_bytes = np.uint8(255 * images)
    jittered = augmentation.jitter_bytes(in_bytes, uniform, normal, CONFIG)
    expected = 255 * augmentation.jitter_color(in_bytes / np.float32(255), uniform, normal, CONFIG)
    assert jittered.dtype == np.uint8
    np.testing.assert_allclose(jittered, expected, atol=0.51)
