"""Depth from a film's own geometry, compared with the truth of rendered streets."""

import cv2
import numpy as np
import pytest

from dfnet_tf.data.sources import synthetic
from dfnet_tf.film import depth

FRAMES = 9
MIDDLE = 4


@pytest.fixture(scope="module")
def film():
    """A street with moving cars."""
    return synthetic.render_clip(101, FRAMES, 96, 320)


def opinions(film, seed=0):
    """A network's disparity of each frame, with smooth errors and a wrong factor."""
    rng, answers = np.random.default_rng(seed), {}
    for image, true in zip(film.images, film.depth, strict=True):
        error = cv2.GaussianBlur(rng.normal(0, 1, true.shape), (0, 0), 20.0)
        error *= 0.35 / error.std()
        answers[image.tobytes()] = np.float32(7.0 * np.exp(error) / true)
    return lambda image: answers[image.tobytes()]


@pytest.fixture(scope="module")
def found(film):
    return list(depth.film_depths(iter(film.images), opinions(film), film.intrinsics))


def errors(log_disparity, true):
    """The error of log disparity [H, W] against depth [h, w], without its median."""
    gap = cv2.resize(log_disparity, true.shape[::-1]) + np.log(true)
    return np.abs(gap - np.median(gap))


def test_every_frame_has_its_depth_in_order(found):
    assert len(found) == FRAMES
    for one in found:
        assert one.log_disparity.shape == one.confidence.shape == depth.working_size((96, 320))
        assert np.isfinite(one.log_disparity).all()
        assert (one.confidence >= 0).all() and (one.confidence <= 1).all()


def test_on_static_pixels_the_error_is_at_most_half_of_the_networks(film, found):
    opinion = opinions(film)
    ours, network = [], []
    for i in range(1, FRAMES - 1):
        static = film.moving[i] == 0
        ours.append(errors(found[i].log_disparity, film.depth[i])[static].mean())
        network.append(errors(np.log(opinion(film.images[i])), film.depth[i])[static].mean())
    assert np.mean(ours) < 0.5 * np.mean(network)


def test_confident_pixels_have_an_even_smaller_error(film, found):
    gap = errors(found[MIDDLE].log_disparity, film.depth[MIDDLE])
    sure = cv2.resize(found[MIDDLE].confidence, gap.shape[::-1]) > 0.8
    assert sure.mean() > 0.3
    assert gap[sure].mean() < gap[~sure].mean()


def test_the_motion_is_the_cameras_in_the_networks_unit(film, found):
    poses = film.camera_to_world
    true = np.linalg.inv(poses[MIDDLE + 1]) @ poses[MIDDLE]
    motion = found[MIDDLE].motions[1]
    np.testing.assert_allclose(motion[:3, :3], true[:3, :3], atol=3e-3)
    within = 0.1 * np.linalg.norm(true[:3, 3])
    np.testing.assert_allclose(7.0 * motion[:3, 3], true[:3, 3], atol=within)


def test_if_the_camera_stands_still_the_networks_depth_is_kept(film):
    still = [film.images[0]] * 3
    opinion = opinions(film)
    for one in depth.film_depths(iter(still), opinion, film.intrinsics):
        size = one.log_disparity.shape[::-1]
        expected = np.log(cv2.resize(opinion(still[0]), size))
        np.testing.assert_allclose(one.log_disparity, expected, atol=1e-5)
        assert not one.confidence.any() and not one.motions and np.isnan(one.spread)


def test_views_that_contradict_the_network_do_not_count(film):
    """Noise by a factor of up to five: the ratio of views and network is unreliable."""
    rng = np.random.default_rng(5)
    noise = {image.tobytes(): rng.uniform(0.2, 5.0, (96, 320)) for image in film.images}
    found = depth.film_depths(
        iter(film.images), lambda image: np.float32(noise[image.tobytes()]), film.intrinsics
    )
    assert not any(one.confidence.any() for one in found)


def test_working_size_keeps_shape_and_area():
    for size in ((375, 1242), (1080, 1920), (1920, 1080), (96, 320)):
        height, width = depth.working_size(size)
        assert height * width == pytest.approx(depth.AREA, rel=0.01)
        assert height / width == pytest.approx(size[0] / size[1], rel=0.01)


def test_a_film_without_frames_has_no_depth(film):
    assert list(depth.film_depths(iter([]), opinions(film), film.intrinsics)) == []
