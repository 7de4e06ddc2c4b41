"""The objective compared with a second implementation of the paper's formulas: NumPy, float64.

Nothing here is shared with `dfnet_tf`. The frames are rendered, so that depth edges give real
occlusions for the masks.
"""

import numpy as np
import pytest

from dfnet_tf.config import LossConfig
from dfnet_tf.data.sources import synthetic
from dfnet_tf.losses.objective import objective

HEIGHT, WIDTH, TARGET, SOURCES = 96, 160, 2, (0, 1, 3, 4)
WEIGHTS, RADII = (12.7, 4.35, 3.9, 3.4, 1.1), (3, 2, 2, 1, 1)


def grid(height, width):
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype("float64")


def read(image, xy):
    """`image` [H, W, C] at pixels `xy` [..., 2], bilinear; the border is repeated outside."""
    height, width = image.shape[:2]
    x, y = np.clip(xy[..., 0], 0, width - 1), np.clip(xy[..., 1], 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    a, b = (x - left)[..., None], (y - top)[..., None]
    upper = image[top, left] * (1 - a) + image[top, right] * a
    lower = image[bottom, left] * (1 - a) + image[bottom, right] * a
    return upper * (1 - b) + lower * b


def doubled(flow):
    """A flow [h, w, 2] at twice its resolution, in the new pixels (half-pixel centres)."""
    height, width = flow.shape[:2]
    return 2 * read(flow, (grid(2 * height, 2 * width) + 0.5) / 2 - 0.5)


def halved(image):
    return (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4


def motion(vector):
    """R = Rx Ry Rz and t of (tx, ty, tz, rx, ry, rz)."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(vector[3:]), np.sin(vector[3:])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_x @ about_y @ about_z, vector[:3]


def rigid_flow(depth, intrinsics, vector):
    rotation, translation = motion(vector)
    pixels = grid(*depth.shape)
    rays = np.dstack([pixels, np.ones(depth.shape)]) @ np.linalg.inv(intrinsics).T
    points = (rays * depth[..., None]) @ rotation.T + translation
    projected = points @ intrinsics.T
    return projected[..., :2] / projected[..., 2:] - pixels


def visible(flow, back):
    """V, and F' read at x + F(x)."""
    height, width = flow.shape[:2]
    end = grid(height, width) + flow
    back = read(back, end)
    inside = ((end >= 0) & (end <= (width - 1, height - 1))).all(axis=-1)
    gap, lengths = ((flow + back) ** 2).sum(-1), (flow**2).sum(-1) + (back**2).sum(-1)
    return (inside & (gap <= 0.01 * lengths + 0.5)).astype("float64"), back


def census(first, second, valid, radius):
    def ternary(image, dy, dx):
        grey = 255 * image @ (0.2989, 0.587, 0.114)
        padded = np.pad(grey, radius)
        shifted = padded[radius + dy :, radius + dx :][: grey.shape[0], : grey.shape[1]]
        difference = shifted - grey
        return difference / np.sqrt(0.81 + difference**2)

    distance = 0
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            gap = (ternary(first, dy, dx) - ternary(second, dy, dx)) ** 2
            distance += gap / (0.1 + gap)
    inner = np.zeros_like(valid)
    inner[radius:-radius, radius:-radius] = 1
    return (valid * inner * (distance**2 + 1e-6) ** 0.45).sum() / valid.size


def masked(values, valid):
    return (valid[..., None] * values).sum() / (valid.sum() + 1e-3)


def smooth_disparity(disparity, image):
    def along(axis):
        edge = np.exp(-np.abs(np.diff(image, axis=axis)).mean(axis=-1))
        return (edge * np.abs(np.diff(disparity, axis=axis))).mean()

    return along(0) + along(1)


def smooth_flow(flow):
    return sum(
        np.abs(np.diff(np.diff(flow, axis=a), axis=b)).mean() for a in (0, 1) for b in (0, 1)
    )


@pytest.fixture(scope="module")
def street():
    """Frames, and noisy true predictions: [1, ...] float32."""
    rendered = synthetic.render_clip(4, 5, HEIGHT, WIDTH)
    rng = np.random.default_rng(0)
    disparities, vectors = [1 / rendered.depth], []
    for _ in range(3):
        disparities.append(np.stack([halved(d[..., None])[..., 0] for d in disparities[-1]]))
    poses = rendered.camera_to_world
    for source in SOURCES:
        there = np.linalg.inv(poses[source]) @ poses[TARGET]
        vectors.append([six_vector(there), six_vector(np.linalg.inv(there))])
    flows = []
    for way in (0, 1):
        for i, source in enumerate(SOURCES):
            depth = rendered.depth[(TARGET, source)[way]]
            flows.append(rigid_flow(depth, rendered.intrinsics.astype("float64"), vectors[i][way]))
    levels = [np.stack([halved(flow) / 2 for flow in flows])]
    for _ in range(4):
        levels.append(np.stack([halved(flow) / 2 for flow in levels[-1]]))
    return {
        "images": rendered.images[None].astype("float32") / 255,
        "intrinsics": rendered.intrinsics[None],
        "disparities": [
            np.float32(d * rng.uniform(0.9, 1.1, d.shape))[None, ..., None] for d in disparities
        ],
        "motions": np.float32(np.array(vectors) + rng.normal(0, 1e-3, (4, 2, 6)))[None],
        "flows": [np.float32(flow + rng.normal(0, 0.1, flow.shape)) for flow in levels],
    }


def six_vector(matrix):
    rotation = matrix[:3, :3]
    angles = (
        np.arctan2(-rotation[1, 2], rotation[2, 2]),
        np.arcsin(rotation[0, 2]),
        np.arctan2(-rotation[0, 1], rotation[0, 0]),
    )
    return np.array([*matrix[:3, 3], *angles])


def level_terms(street, level, occluded):
    """The seven terms at one level; appends the share of hidden pixels to `occluded`."""
    images = street["images"][0].astype("float64")
    intrinsics = street["intrinsics"][0].astype("float64")
    for _ in range(level):
        images = np.stack([halved(image) for image in images])
        intrinsics = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]]) @ intrinsics
    flows = [doubled(flow.astype("float64")) for flow in street["flows"][level]]
    terms = dict.fromkeys(("flow_photometric", "flow_smoothness", "flow_consistency"), 0.0)
    if level < 4:
        terms |= dict.fromkeys(("rigid_photometric", "depth_consistency", "cross_task"), 0.0)
        disparities = street["disparities"][level][0, ..., 0].astype("float64")
        terms["depth_smoothness"] = 3.0 * sum(map(smooth_disparity, disparities, images))
    for i, source in enumerate(SOURCES):
        for way, (a, b) in enumerate([(TARGET, source), (source, TARGET)]):
            flow, back = flows[4 * way + i], flows[4 * (1 - way) + i]
            end = grid(*flow.shape[:2]) + flow
            seen, back = visible(flow, back)
            w = WEIGHTS[level]
            second = read(images[b], end)
            terms["flow_photometric"] += w * census(images[a], second, seen, RADII[level])
            terms["flow_smoothness"] += w * 3.0 * smooth_flow(flow)
            terms["flow_consistency"] += w * 0.2 * masked(np.abs(flow + back), seen)
            occluded.append(1 - seen.mean())
            if level == 4:
                continue
            vectors = street["motions"][0, i].astype("float64")
            rigid = rigid_flow(1 / disparities[a], intrinsics, vectors[way])
            rigid_back = rigid_flow(1 / disparities[b], intrinsics, vectors[1 - way])
            end = grid(*rigid.shape[:2]) + rigid
            rigid_seen, _ = visible(rigid, rigid_back)
            second = read(images[b], end)
            depth_gap = np.abs(
                read(1 / disparities[b][..., None], end) - 1 / disparities[a][..., None]
            )
            terms["rigid_photometric"] += w * census(
                images[a], second, rigid_seen, RADII[level + 1]
            )
            terms["depth_consistency"] += 0.2 * masked(depth_gap, rigid_seen)
            terms["cross_task"] += w * 0.5 * masked(np.abs(rigid - flow), rigid_seen * seen)
            occluded.append(1 - rigid_seen.mean())
    return terms


def alone(street, level):
    """The objective at one level: the other levels have weight 0, or a constant depth, which is
    smooth and consistent."""
    weights = tuple(w * (i == level) for i, w in enumerate(WEIGHTS))
    disparities = [d if i == level else 0 * d + 1 for i, d in enumerate(street["disparities"])]
    predictions = {**street, "disparities": disparities}
    config = LossConfig(level_weights=weights)
    return objective(street["images"], street["intrinsics"], predictions, config)[1]


@pytest.mark.parametrize("level", range(5))
def test_every_term_is_the_papers_formula_at_every_level(street, level):
    occluded = []
    expected = level_terms(street, level, occluded)
    ours = alone(street, level)
    assert 0.02 < np.mean(occluded) < 0.6  # Some pixels are hidden, and some are visible.
    for name, value in expected.items():
        assert value > 0
        assert float(ours[name]) == pytest.approx(value, rel=1e-4), name
    for name in set(ours) - set(expected):
        assert float(ours[name]) == pytest.approx(0, abs=1e-6), name
