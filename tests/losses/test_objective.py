"""Properties of the whole objective; its formulas are in test_paper_formulas.py."""

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.config import LossConfig
from dfnet_tf.losses.objective import objective

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


def test_without_occlusions_a_hidden_pixel_of_the_rigid_flow_counts(images, predictions):
    # The target has depth 10, all other frames 1. At the finest level the returned flow misses by
    # two pixels, so all pixels are hidden. Visible or not, the depths differ by 9 everywhere.
    disparities = [np.full_like(maps, 1.0) for maps in predictions["disparities"]]
    for maps in disparities:
        maps[:, 1] = 0.1
    motions = np.zeros_like(predictions["motions"])
    motions[..., 0] = [0.05, -0.05]
    part = {"disparities": disparities, "motions": motions}
    hidden, counted = (
        objective(images, INTRINSICS, part, LossConfig(rigid_occlusions=occlusions))[1]
        for occlusions in (True, False)
    )
    gap = 0.2 * 4 * 4 * 9  # Weight, levels, pairs, and the gap of the depths.
    assert float(hidden["depth_consistency"]) < 0.7 * gap
    assert float(counted["depth_consistency"]) == pytest.approx(gap, rel=1e-3)


def test_a_static_camera_has_no_consistency_loss(images, predictions):
    still = np.repeat(images[:, :1], FRAMES, axis=1)
    predictions["motions"] *= 0
    predictions["flows"] = [flow * 0 for flow in predictions["flows"]]
    predictions["disparities"] = [maps * 0 + 0.5 for maps in predictions["disparities"]]
    _, terms = objective(still, INTRINSICS, predictions, LossConfig())
    for name in ("depth_consistency", "flow_consistency", "cross_task", "flow_smoothness"):
        assert float(terms[name]) == pytest.approx(0.0, abs=1e-3), name
