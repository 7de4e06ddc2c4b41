"""The objective against a second writing of it: one pair, one level, one term at a time."""

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.config import LossConfig
from dfnet_tf.geometry import camera, optical_flow, rigid_motion, visibility
from dfnet_tf.losses import consistency, photometric, smoothness
from dfnet_tf.losses.objective import TERMS, objective

HEIGHT, WIDTH, BATCH, FRAMES = 64, 96, 2, 3
INTRINSICS = np.array([[[40.0, 0, 47.5], [0, 40.0, 31.5], [0, 0, 1]]] * BATCH, "float32")


@pytest.fixture
def images():
    coarse = np.random.default_rng(0).uniform(size=[BATCH * FRAMES, 16, 24, 3])
    smooth = tf.image.resize(coarse, (HEIGHT, WIDTH), "bicubic")
    return np.clip(smooth, 0, 1).reshape(BATCH, FRAMES, HEIGHT, WIDTH, 3).astype("float32")


@pytest.fixture
def predictions():
    rng = np.random.default_rng(1)
    sources = FRAMES - 1
    sizes = [(HEIGHT >> s, WIDTH >> s) for s in range(4)]
    flow_sizes = [(HEIGHT // 4 >> s, WIDTH // 4 >> s) for s in range(5)]
    return {
        "disparities": [
            rng.uniform(0.2, 0.6, [BATCH, FRAMES, *size, 1]).astype("float32") for size in sizes
        ],
        "motions": rng.normal(0, 0.02, [BATCH, sources, 2, 6]).astype("float32"),
        "flows": [
            rng.normal(0, 0.3, [BATCH * 2 * sources, *size, 2]).astype("float32")
            for size in flow_sizes
        ],
    }


def _one_pair(clean, predictions, clip, source, direction, level, config):
    """The terms of one pair, whose flow networks' outputs stand at a known place of the batch."""
    frames = (1, source) if direction == 0 else (source, 1)
    place = (0, 2).index(source)
    image = [clean[level][clip, frame][None] for frame in frames]
    height, width = image[0].shape[1:3]
    intrinsics = INTRINSICS[:1] * [[[0.5**level], [0.5**level], [1]]]
    intrinsics[:, :2, 2] = (INTRINSICS[:1, :2, 2] + 0.5) * 0.5**level - 0.5
    intrinsics = intrinsics.astype("float32")

    def flow_of(way):
        flow = predictions["flows"][level][clip * 4 + way * 2 + place][None]
        return optical_flow.resize_flow(tf.constant(flow), height, width)

    flow, back = flow_of(direction), optical_flow.warp(flow_of(1 - direction), flow_of(direction))
    seen = visibility.visible(flow, back)
    weight = config.level_weights[level]
    terms = {
        "flow_photometric": weight
        * photometric.census(
            image[0], optical_flow.warp(image[1], flow), seen, config.census_radii[level]
        ),
        "flow_smoothness": 3.0 * weight * smoothness.second_order_smoothness(flow),
        "flow_consistency": 0.2 * weight * consistency.flow_consistency(flow, back, seen),
    }
    if level == 4:
        return terms
    depth = [1 / predictions["disparities"][level][clip, frame][None] for frame in frames]

    def rigid_of(way):
        motion = rigid_motion.matrix_from_six_vector(predictions["motions"][clip, place, way][None])
        return optical_flow.rigid_flow(depth[way != direction], intrinsics, motion)

    rigid = rigid_of(direction)
    rigid_seen = visibility.visible(rigid, optical_flow.warp(rigid_of(1 - direction), rigid))
    return terms | {
        "rigid_photometric": weight
        * photometric.census(
            image[0],
            optical_flow.warp(image[1], rigid),
            rigid_seen,
            config.census_radii[level + 1],
        ),
        "depth_consistency": 0.2
        * consistency.depth_consistency(depth[0], optical_flow.warp(depth[1], rigid), rigid_seen),
        "cross_task": 0.5
        * weight
        * consistency.cross_task_consistency(rigid, flow, rigid_seen * seen),
    }


def _pyramid(images):
    levels = [images]
    for _ in range(4):
        fine = levels[-1]
        levels.append(
            (fine[:, :, ::2, ::2] + fine[:, :, 1::2, ::2] + fine[:, :, ::2, 1::2]
             + fine[:, :, 1::2, 1::2]) / 4
        )  # fmt: skip
    return levels


def test_every_term_is_the_sum_over_levels_sources_and_directions(images, predictions):
    config = LossConfig()
    clean = _pyramid(images)
    expected = dict.fromkeys(TERMS, 0.0)
    for clip in range(BATCH):
        for level in range(5):
            for source in (0, 2):
                for direction in (0, 1):
                    terms = _one_pair(clean, predictions, clip, source, direction, level, config)
                    for name, value in terms.items():
                        expected[name] += float(value[0]) / BATCH
        for level in range(4):
            expected["depth_smoothness"] += (
                3.0
                * float(
                    sum(
                        smoothness.edge_aware_smoothness(
                            predictions["disparities"][level][clip], clean[level][clip]
                        )
                    )
                )
                / BATCH
            )
    total, terms = objective(images, INTRINSICS, predictions, config)
    for name in TERMS:
        assert float(terms[name]) == pytest.approx(expected[name], rel=1e-4), name
    assert float(total) == pytest.approx(sum(expected.values()), rel=1e-4)


def test_all_terms_matter(images, predictions):
    _, terms = objective(images, INTRINSICS, predictions, LossConfig())
    assert min(float(value) for value in terms.values()) > 0


def test_a_batch_is_the_mean_of_its_clips(images, predictions):
    def of_clip(i):
        part = {
            "disparities": [maps[i : i + 1] for maps in predictions["disparities"]],
            "motions": predictions["motions"][i : i + 1],
            "flows": [maps[4 * i : 4 * i + 4] for maps in predictions["flows"]],
        }
        return float(objective(images[i : i + 1], INTRINSICS[:1], part, LossConfig())[0])

    total, _ = objective(images, INTRINSICS, predictions, LossConfig())
    assert float(total) == pytest.approx((of_clip(0) + of_clip(1)) / 2, rel=1e-5)


def test_a_standing_camera_costs_no_consistency(images, predictions):
    still = np.repeat(images[:, :1], FRAMES, axis=1)
    predictions["motions"] *= 0
    predictions["flows"] = [flow * 0 for flow in predictions["flows"]]
    predictions["disparities"] = [maps * 0 + 0.5 for maps in predictions["disparities"]]
    _, terms = objective(still, INTRINSICS, predictions, LossConfig())
    for name in ("depth_consistency", "flow_consistency", "cross_task", "flow_smoothness"):
        assert float(terms[name]) == pytest.approx(0.0, abs=1e-3), name


def test_intrinsics_of_every_level_keep_pixel_centres_at_integers():
    quarter = camera.scale_intrinsics(camera.scale_intrinsics(INTRINSICS, 0.5, 0.5), 0.5, 0.5)
    np.testing.assert_allclose(quarter[0, :2, 2], [11.5, 7.5])
