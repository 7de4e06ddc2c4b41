"""Fuses the inverse depth of several views of a frame with the depth network's opinion."""

import tensorflow as tf
from keras import ops

from dfnet_tf.geometry import camera, ground, least_squares, optical_flow, triangulation
from dfnet_tf.geometry.quantiles import masked_quantile

COARSE = 3  # Pixel spacing of the grid on which scales and the calibration are computed.
FLOW_DOUBT = 0.4  # Standard deviation of flow, in pixels, where there is texture.
NOISE = 2.0  # Grey levels; where the image gradient is smaller, the flow is less certain.
ON_LINE = 1.5  # Pixels: a pixel farther from its epipolar line belongs to a moving object.
SURE = 2.0  # A view's scale uses inverse depths above this many standard deviations.
FEWEST = 0.1  # Minimum share of such pixels for a view to count.
MOST_SPREAD = 0.3  # Largest median gap of log disparity between a counted view and the network.
PRIOR_DOUBT = 0.5  # Standard deviation of the network's log disparity.
LEAST_DOUBT = 0.03  # Smallest standard deviation of the views' log disparity.
LEAST_DISPARITY = 1e-6
KNOWN_WELL = 0.25  # Relative standard deviation below which a pixel aligns views and calibrates.
ALIGNMENTS = 2  # Steps of aligning the views.
CALIBRATIONS = 8  # Steps of the robust line fit.
GAP = 0.1  # In log disparity; the line fit gives such a residual half of its weight.
SLOPES = (-0.3, 0.6)  # Range of the line's slope; beyond it, the fit has failed.


@tf.function(jit_compile=True)
def fused(prior, flows, agrees, motions, texture, travel, intrinsics):
    """Fuses V views of one frame of H x W.

    Args:
      prior: [H, W], the network's disparity.
      flows: [V, H, W, 2]; agrees: [V, H, W]; motions: [V, 4, 4]: see `neighbours.Neighbour`.
      texture: [H, W, 3], the mean outer product of the gradient in a patch: xx, xy, yy.
      travel: [3], the direction of travel.
      intrinsics: [3, 3].

    Returns:
      log disparity and confidence, [H, W]; and for each view, [V]: the spread against the prior,
      the scale from 1 / |t| to the prior's unit, and whether the view counts.
    """
    height, width = prior.shape
    focal = ops.sqrt(intrinsics[0, 0] * intrinsics[1, 1])
    first, second = _rays_of_matches(flows, intrinsics)
    near, parallax, across = triangulation.of_matches(motions, first, second)
    doubt = _flow_doubt(parallax, texture) / focal / ops.norm(parallax, axis=-1)
    seen = ops.reshape(agrees, ops.shape(near)) * ops.cast(across * focal < ON_LINE, "float32")
    sure = seen * ops.cast(near > SURE * doubt, "float32")
    coarse = lambda maps: _coarse(maps, height, width)
    log_prior = ops.log(ops.reshape(prior, (1, -1)))

    scale, spread = _scales(coarse(log_prior), coarse(near), coarse(sure))
    counts = ops.logical_and(ops.mean(sure, axis=1) > FEWEST, spread < MOST_SPREAD)
    scale, counts = ops.where(counts, scale, 1.0), ops.cast(counts, "float32")
    scale = _aligned(scale, *map(coarse, (log_prior, near, doubt, seen * counts[:, None], sure)))[
        :, None
    ]
    mean, relative, known = triangulation.combined(
        near * scale, doubt * scale, seen * counts[:, None]
    )
    log_mean = ops.log(ops.maximum(mean, LEAST_DISPARITY))[None]
    well = (known * ops.cast(relative < KNOWN_WELL, "float32"))[None]
    log_prior = log_prior + _correction(log_prior, *map(coarse, (log_prior, log_mean, well)))

    precision = known / ops.square(ops.maximum(relative, LEAST_DOUBT))
    confidence = precision / (precision + 1.0 / PRIOR_DOUBT**2)
    step = (log_mean - log_prior)[0]
    rays = ops.concatenate([first[:1], ops.ones_like(first[:1, :, :1])], axis=-1)
    slope = ground.slopes(rays, travel[None])
    label = ops.exp(log_prior + confidence * step)
    below = ground.below(slope, label, ops.exp(log_prior))[0]
    confidence = confidence * (1.0 - below)
    log_disparity = log_prior[0] + confidence * step
    maps = (ops.reshape(part, (height, width)) for part in (log_disparity, confidence))
    return *maps, spread, scale[:, 0], counts


def _rays_of_matches(flows, intrinsics):
    """Rays of the matched pixels in both frames, in focal lengths: twice [V, H * W, 2]."""
    height, width = flows.shape[1:3]
    ones = ops.ones_like(flows[..., :1])
    return tuple(
        ops.reshape(camera.lift(places, ones, intrinsics[None])[..., :2], (-1, height * width, 2))
        for places in (
            camera.pixel_grid(height, width) + ops.zeros_like(flows),
            optical_flow.end_points(flows),
        )
    )


def _coarse(maps, height: int, width: int):
    """Every COARSE-th pixel of each row and column; [V, H * W] -> [V, h * w]."""
    shown = ops.reshape(maps, (-1, height, width))[:, ::COARSE, ::COARSE]
    return ops.reshape(shown, (-1, -(-height // COARSE) * -(-width // COARSE)))


def _log_ratio(log_target, near, counted):
    """The median over the counted pixels of log_target - log near [V], and all gaps [V, N]."""
    gaps = log_target - ops.log(ops.maximum(near, 1e-9))
    return masked_quantile(gaps, counted, 0.5), gaps


def _scales(log_prior, near, sure):
    """Each view's scale to the prior's unit, and its median gap to the prior; twice [V]."""
    middle, gaps = _log_ratio(log_prior, near, sure)
    return ops.exp(middle), masked_quantile(ops.abs(gaps - middle[:, None]), sure, 0.5)


def _aligned(scale, log_prior, near, doubt, seen, sure):
    """Scales [V] with which the views agree with each other.

    The views of a frame know different pixels well. Where the prior is wrong by different factors,
    for example near and far, each view would inherit the factor of its own pixels. So each view is
    scaled to the mean of all views, and the mean to the prior.

    Args:
      scale: [V], to start from.
      log_prior: [1, N]; near, doubt, seen, sure: [V, N].
    """
    for _ in range(ALIGNMENTS):
        views = scale[:, None]
        mean, relative, known = triangulation.combined(near * views, doubt * views, seen)
        well = (known * ops.cast(relative < KNOWN_WELL, "float32"))[None]
        to_mean, _ = _log_ratio(ops.log(ops.maximum(mean, 1e-9))[None], near * views, sure * well)
        to_prior, _ = _log_ratio(log_prior, mean[None], well)
        change = ops.where(ops.isfinite(to_mean), to_mean, 0.0)
        scale = scale * ops.exp(change + ops.where(ops.isfinite(to_prior), to_prior, 0.0))
    return scale


def _correction(log_prior, seen_prior, seen_mean, weight):
    """What to add to the prior, so that it follows the views in offset and range.

    A network that meets an unknown street puts far things too near and near things too far. The
    line log mean - log prior = a + b (log prior - its mean), fitted robustly to the pixels that the
    film knows, says by how much. It then corrects the others too.

    Args:
      log_prior: [1, M], to be corrected.
      seen_prior, seen_mean: [1, N], log disparities of prior and views.
      weight: [1, N], 1 where both are known.

    Returns:
      [1, M]; 0 if fewer than FEWEST of the pixels are known.
    """
    total = ops.maximum(ops.sum(weight), 1.0)
    centre = ops.sum(weight * seen_prior) / total
    rows = ops.stack([ops.ones_like(seen_prior), seen_prior - centre], axis=-1)
    gap, line = seen_mean - seen_prior, ops.zeros((1, 2))
    for _ in range(CALIBRATIONS):
        residual = gap - rows[..., 0] * line[:, :1] - rows[..., 1] * line[:, 1:]
        robust = weight / (1.0 + ops.square(residual / GAP))
        line = least_squares.solution(*least_squares.normal_equations(rows, gap, robust))
    offset, slope = line[:, :1], ops.clip(line[:, 1:], *SLOPES)
    correction = offset + slope * (log_prior - centre)
    return ops.where(ops.mean(weight) > FEWEST, correction, 0.0)


def _flow_doubt(parallax, texture):
    """The flow's standard deviation along the epipolar line, in pixels: [V, N]; parallax [V, N, 2].

    An edge along the line does not locate a point on the line; neither does a textureless road.
    """
    x, y = parallax[..., 0], parallax[..., 1]
    xx, xy, yy = (ops.reshape(texture[..., i], (1, -1)) for i in range(3))
    square = ops.square(x) + ops.square(y) + 1e-12
    along = (x * x * xx + 2 * x * y * xy + y * y * yy) / square
    return ops.sqrt(FLOW_DOUBT**2 + NOISE**2 / ops.maximum(along, 1e-6))
