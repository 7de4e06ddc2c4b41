"""The robust objective on a rendered clip whose depth, motion and flow are known."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf import stages
from dfnet_tf.config import RobustLossConfig
from dfnet_tf.data.sources import synthetic
from dfnet_tf.losses import distillation, robust

HEIGHT, WIDTH = 64, 96
TERMS = stages.STAGES["joint"]["network"].terms["robust"]
CONFIG = RobustLossConfig(
    census_radii=(1, 1, 1, 1),
    flow_level_weights=(1.0, 0.5),
    depth_level_weights=(0.5, 0.5),
    cross_task=0.01,
)


def six_vector(matrix):
    """The inverse of `rigid_motion.matrix_from_six_vector`: R = Rx Ry Rz."""
    r = matrix[:3, :3]
    angles = np.arctan2(-r[1, 2], r[2, 2]), np.arcsin(r[0, 2]), np.arctan2(-r[0, 1], r[0, 0])
    return [*matrix[:3, 3], *angles]


def halved(maps):
    """Area-resizes [..., H, W, C] to half."""
    rows = (maps[..., ::2, :, :] + maps[..., 1::2, :, :]) / 2
    return (rows[..., ::2, :] + rows[..., 1::2, :]) / 2


@pytest.fixture(scope="module")
def film():
    return synthetic.render_clip(3, 3, HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def images(film):
    return (film.images[None] / 255).astype("float32")


@pytest.fixture(scope="module")
def intrinsics(film):
    return film.intrinsics[None]


@pytest.fixture(scope="module")
def truth(film):
    """Perfect predictions at two levels."""
    poses = film.camera_to_world
    motions = [
        [six_vector(np.linalg.inv(poses[b]) @ poses[a]) for a, b in ((1, s), (s, 1))]
        for s in (0, 2)
    ]
    disparity = (1 / film.depth[None, ..., None]).astype("float32")
    flow = np.stack(
        [film.backward_flow[0], film.forward_flow[1], film.forward_flow[0], film.backward_flow[1]]
    )
    return {
        "disparities": [disparity, halved(disparity)],
        "motions": np.array([motions], "float32"),
        "flows": [flow, halved(flow) / 2],
        "crop_flows": np.array(distillation.crop_flow(flow)),
    }


def terms_of(images, intrinsics, predictions, **changes):
    config = dataclasses.replace(CONFIG, **changes)
    total, terms = robust.objective(images, intrinsics, predictions, config)
    assert set(terms) == set(TERMS)
    assert float(total) == pytest.approx(sum(map(float, terms.values())), rel=1e-5)
    return {name: float(value) for name, value in terms.items()}


@pytest.fixture(scope="module")
def perfect(images, intrinsics, truth):
    """The terms of perfect predictions."""
    return terms_of(images, intrinsics, truth)


def noise(shape, size):
    return np.random.default_rng(0).normal(0, size, shape).astype("float32")


def spoilt(predictions, what):
    """The predictions with one kind of error."""
    new = {
        k: [m.copy() for m in v] if isinstance(v, list) else v.copy()
        for k, v in predictions.items()
    }
    if what == "far":
        new["disparities"] = [0.5 * maps for maps in new["disparities"]]
    elif what == "rough depth":
        new["disparities"] = [m * np.exp(noise(m.shape, 0.2)) for m in new["disparities"]]
    elif what == "turn":
        new["motions"][:, :, 0, 4] += 0.02
    elif what == "shift":
        new["flows"] = [maps + 0.25 for maps in new["flows"]]
    elif what == "rough flow":
        new["flows"] = [maps + noise(maps.shape, 0.2) for maps in new["flows"]]
    elif what == "crop":
        new["crop_flows"] = new["crop_flows"] + noise(new["crop_flows"].shape, 2.0)
    return new


@pytest.mark.parametrize(
    ("what", "terms"),
    [
        ("far", "rigid_photometric cross_task"),
        ("rough depth", "depth_smoothness"),
        ("turn", "motion_consistency rigid_photometric"),
        ("rough flow", "flow_photometric flow_smoothness"),
        ("shift", "cross_task"),
        ("crop", "flow_distillation"),
    ],
)
def test_the_truth_costs_less(images, intrinsics, truth, perfect, what, terms):
    wrong = terms_of(images, intrinsics, spoilt(truth, what))
    for term in terms.split():
        assert wrong[term] > 1.2 * perfect[term], term


def test_the_truth_is_consistent(perfect):
    assert perfect["motion_consistency"] < 1e-4 * CONFIG.motion_consistency
    # A tenth of a pixel between the flows.
    assert perfect["cross_task"] < 4 * 0.1 * CONFIG.cross_task


@pytest.fixture(scope="module")
def faulty(truth):
    """Predictions with an error for every term."""
    return spoilt(spoilt(spoilt(truth, "crop"), "turn"), "rough depth")


@pytest.fixture(scope="module")
def faulty_terms(images, intrinsics, faulty):
    return terms_of(images, intrinsics, faulty)


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"rigid_photometric": 0.0}, "rigid_photometric"),
        ({"ssim": 0.0}, "rigid_photometric"),
        ({"auto_mask": True}, "rigid_photometric"),
        ({"depth_level_weights": (1.0, 0.5)}, "rigid_photometric depth_smoothness"),
        ({"depth_smoothness": 0.0}, "depth_smoothness"),
        ({"motion_consistency": 0.0}, "motion_consistency"),
        ({"flow_photometric": 0.0}, "flow_photometric"),
        ({"census_radii": (2, 1, 1, 1)}, "flow_photometric"),
        ({"flow_level_weights": (1.0,)}, "flow_photometric"),
        ({"flow_smoothness": 0.0}, "flow_smoothness"),
        ({"flow_distillation": 0.0}, "flow_distillation"),
        ({"cross_task": 0.0}, "cross_task"),
    ],
)
def test_each_setting_changes_its_own_term_alone(
    images, intrinsics, faulty, faulty_terms, change, touched
):
    after = terms_of(images, intrinsics, faulty, **change)
    changed = {name for name in TERMS if after[name] != pytest.approx(faulty_terms[name], 1e-5)}
    assert changed == set(touched.split())
    if touched in change:  # A weight of 0.
        assert after[touched] == 0


def standing(truth):
    return {**truth, "motions": 0 * truth["motions"]}


@pytest.mark.parametrize("auto_mask", [True, False])
def test_a_static_camera_gives_depth_no_gradient(images, intrinsics, truth, auto_mask):
    still = np.repeat(images[:, 1:2], 3, axis=1)
    disparity = tf.constant(truth["disparities"][0])
    config = dataclasses.replace(CONFIG, depth_level_weights=(1.0,), auto_mask=auto_mask)
    with tf.GradientTape() as tape:
        tape.watch(disparity)
        predictions = {**truth, "disparities": [disparity]}
        _, terms = robust.objective(still, intrinsics, predictions, config)
    gradient = np.abs(tape.gradient(terms["rigid_photometric"], disparity))
    touched = np.mean(gradient > 0)
    assert touched == 0 if auto_mask else touched > 0.9


def test_pixels_that_leave_the_image_do_not_count(intrinsics):
    # Every frame is 8 pixels further to the right on a wall of noise, 2 units away.
    wall = np.random.default_rng(0).uniform(size=[HEIGHT, WIDTH + 16, 3]).astype("float32")
    frames = np.stack([wall[:, x : x + WIDTH] for x in (0, 8, 16)])[None]
    step = 8 * 2.0 / intrinsics[0, 0, 0]
    motions = np.zeros([1, 2, 2, 6], "float32")
    motions[0, 0, :, 0], motions[0, 1, :, 0] = (step, -step), (-step, step)
    part = {"motions": motions, "disparities": [np.full([1, 3, HEIGHT, WIDTH, 1], 0.5, "float32")]}
    config = dataclasses.replace(CONFIG, depth_level_weights=(1.0,))
    _, terms = robust.objective(frames, intrinsics, part, config)
    still = robust.objective(frames, intrinsics, {**part, "motions": 0 * motions}, config)[1]
    # What is left is SSIM's windows at the border of what stays inside.
    assert terms["rigid_photometric"] < 0.02 * still["rigid_photometric"]


def test_every_level_of_depth_is_compared_at_full_resolution(images, intrinsics, truth):
    flat = np.full([1, 3, HEIGHT, WIDTH, 1], 0.2, "float32")
    fine, coarse = (
        robust.objective(
            images,
            intrinsics,
            {"motions": truth["motions"], "disparities": [flat, level]},
            dataclasses.replace(CONFIG, depth_level_weights=weights),
        )[1]["rigid_photometric"]
        for weights, level in (((1.0,), flat), ((0.0, 1.0), flat[:, :, ::2, ::2]))
    )
    assert float(coarse) == pytest.approx(float(fine), rel=1e-5)


def test_a_slope_of_disparity_is_as_smooth_at_every_level(images, intrinsics, truth):
    slope = np.broadcast_to(np.linspace(0.2, 0.6, WIDTH)[:, None], [1, 3, HEIGHT, WIDTH, 1])
    slope = slope.astype("float32")
    part = {"motions": truth["motions"], "disparities": [slope, halved(slope)]}
    fine, coarse = (
        float(
            robust.objective(
                np.full_like(images, 0.5),
                intrinsics,
                part,
                dataclasses.replace(CONFIG, depth_level_weights=weights),
            )[1]["depth_smoothness"]
        )
        for weights in ((1.0, 0.0), (0.0, 1.0))
    )
    assert fine == pytest.approx(coarse, rel=1e-4)


@pytest.mark.parametrize(
    ("stage", "missing"), [("flow", ("disparities", "motions")), ("depth", ("flows", "crop_flows"))]
)
def test_a_stage_has_the_terms_of_its_own_predictions(
    images, intrinsics, truth, perfect, stage, missing
):
    part = {name: maps for name, maps in truth.items() if name not in missing}
    _, terms = robust.objective(images, intrinsics, part, CONFIG)
    assert set(terms) == set(stages.STAGES[stage]["network"].terms["robust"])
    for name, value in terms.items():
        assert float(value) == pytest.approx(perfect[name], rel=1e-5, abs=1e-7), name


def awkward(truth, images, case):
    """Images and predictions for which a formula could divide by 0 or take its root."""
    if case == "no motion":
        return images, {**truth, "motions": 0 * truth["motions"]}
    if case == "equal images":
        return np.repeat(images[:, :1], 3, axis=1), standing(truth)
    if case == "black images":
        return 0 * images, {**truth, "flows": [0 * maps for maps in truth["flows"]]}
    if case == "nothing visible":
        flows = [maps + 1e4 for maps in truth["flows"]]
        return images, {**truth, "flows": flows, "motions": truth["motions"] + 100}
    if case == "behind the camera":
        return images, {**truth, "motions": truth["motions"] - np.float32([0, 0, 5, 0, 0, 0])}
    ends = {"nearest": 10.01, "farthest": 0.01}
    flat = [np.full_like(maps, ends[case]) for maps in truth["disparities"]]
    return images, {**truth, "disparities": flat}


@pytest.mark.parametrize(
    "case",
    [
        "no motion",
        "equal images",
        "black images",
        "nothing visible",
        "behind the camera",
        "nearest",
        "farthest",
    ],
)
def test_loss_and_gradients_are_always_finite(images, intrinsics, truth, case):
    frames, predictions = awkward(truth, images, case)
    predictions = tf.nest.map_structure(tf.constant, predictions)
    with tf.GradientTape() as tape:
        tape.watch(predictions)
        total, terms = robust.objective(frames, intrinsics, predictions, CONFIG)
    assert np.isfinite(total)
    assert min(map(float, terms.values())) >= 0
    for gradient in tf.nest.flatten(tape.gradient(total, predictions)):
        assert np.isfinite(gradient).all()


def test_the_loss_compiled_by_xla_is_the_same(images, intrinsics, truth):
    one_level = {"depth_level_weights": (1.0,), "flow_level_weights": (1.0,)}
    config = dataclasses.replace(CONFIG, **one_level)
    compiled = tf.function(robust.objective, jit_compile=True, autograph=False)
    _, terms = compiled(tf.constant(images), tf.constant(intrinsics), truth, config)
    plain = terms_of(images, intrinsics, truth, **one_level)
    for name, value in terms.items():
        assert float(value) == pytest.approx(plain[name], rel=1e-3, abs=1e-6), name


def test_a_batch_is_the_mean_of_its_clips(images, intrinsics, truth):
    other = spoilt(truth, "turn")
    both = tf.nest.map_structure(lambda *maps: np.concatenate(maps), truth, other)
    total, _ = robust.objective(
        np.repeat(images, 2, axis=0), np.repeat(intrinsics, 2, axis=0), both, CONFIG
    )
    each = [float(robust.objective(images, intrinsics, p, CONFIG)[0]) for p in (truth, other)]
    assert float(total) == pytest.approx(np.mean(each), rel=1e-5)
