"""Self-distillation: predictions on whole frames supervise predictions on harder images.

Flow learns from crops, in which less is visible (SelFlow, UFlow). Depth learns from patchworks,
which do not look like a street. In a street, low means near at nearly every place; a network
trained on few streets may learn only that.
"""

from keras import ops

from dfnet_tf import clip_batch
from dfnet_tf.geometry import camera, optical_flow, sampling, visibility

EXACT = 0.999  # Confidence above which a label is the truth; that of films stays below.
EDGE_DISTANCES = (1, 2)  # Pixels between the neighbours whose difference is compared.
CROP = 0.8  # Share of width and height. UFlow on KITTI removes 64 of 640 pixels from each side.


def crop(maps):
    """The middle of `maps` [N, H, W, C], enlarged to the size of `maps`.

    The position is fixed so that cropping adds no random state to a run that may be resumed.
    """
    height, width = maps.shape[1:3]
    centre = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], "float32")
    pixels = centre + CROP * (camera.pixel_grid(height, width) - centre)
    return sampling.bilinear_sample(maps, pixels[None])


def crop_flow(flow):
    """Crops a flow [N, H, W, 2] like `crop`, in pixels of the enlarged crop."""
    return crop(flow) / CROP


def flow_distillation(flow, visible, crop_flows, num_frames: int):
    """Robust L1 gap of the flow of crops to the flow of whole frames, which is the teacher.

    The loss counts pixels that the crop's own forward-backward check calls hidden or outside, and
    the whole frames' check calls visible (Liu et al., SelFlow, CVPR 2019; Jonschkowski et al.,
    UFlow, ECCV 2020, with the robust L1 sqrt(x^2 + 0.001^2)).

    Args:
      flow: [P, H, W, 2] of the whole frames; gets no gradient.
      visible: [P, H, W, 1] of that flow.
      crop_flows: [P, h, w, 2], the network's flow of the crops, in pixels of its own grid.
      num_frames: the number of frames of a clip.

    Returns:
      [P]: the sum over those pixels divided by the number of all pixels.
    """
    teacher = ops.stop_gradient(crop_flow(flow))
    student = optical_flow.resize_flow(crop_flows, *flow.shape[1:3])
    backward = optical_flow.warp(clip_batch.opposite(student, num_frames), student)
    sees = ops.cast(crop(visible) > 0.99, "float32")  # All of the interpolated pixels are visible.
    taught = sees * (1.0 - visibility.visible(student, backward))
    gap = ops.sqrt(ops.square(teacher - student) + 1e-6)
    return ops.mean(taught * ops.sum(gap, axis=-1, keepdims=True), axis=(1, 2, 3))


def depth_distillation(taught, disparities):
    """L1 gap of log disparities to their labels, after removing each image's mean gap.

    Eigen et al. (NIPS 2014) remove half of the mean; this loss removes all of it, because the
    scale of a patchwork, whose parts are enlarged, is unknown.
    Args:
      taught: [N, H, W, 1], log disparities; gets no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].

    Returns:
      [N], summed over the levels.
    """
    return _gap_but_for_scale(taught, ops.ones_like(taught), disparities)


def film_depth(labels, disparities, unsure_weight: float):
    """L1 gap of log disparities to a film's labels, weighted by `unsure_weight` + confidence.

    Each image's weighted mean gap is removed, because the scale is unknown.

    Args:
      labels: [N, H, W, 2], log disparity and confidence in [0, 1]; gets no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].
      unsure_weight: of pixels of confidence 0, whose label is the network's own prediction.

    Returns:
      [N], summed over the levels.
    """
    return _gap_but_for_scale(labels[..., :1], unsure_weight + labels[..., 1:], disparities)


def depth_unit(labels, disparities, unsure_weight: float):
    """The absolute value of each image's weighted mean gap to a film's labels.

    It keeps one unit of depth over all frames of a film. Exact labels are left out, because the
    unit of rendered worlds is another one than the network's.

    Args:
      labels: [N, H, W, 2], log disparity and confidence, 1 where the label is exact; no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].
      unsure_weight: see `film_depth`.

    Returns:
      [N], of the finest level.
    """
    gap, confidence = next(_gaps(labels[..., :1], labels[..., 1:], disparities))
    weight = ops.where(confidence > EXACT, 0.0, unsure_weight + confidence)
    return ops.abs(ops.mean(weight * gap, axis=(1, 2, 3)))


def depth_edges(labels, disparities):
    """L1 gap of the differences of log disparity to those of exact labels, for sharp edges.

    Li and Snavely (MegaDepth, CVPR 2018) compare the gradients at several scales. Labels of films
    are left out, because flow blurs the edges of things.

    Args:
      labels: [N, H, W, 2], log disparity and confidence, 1 where the label is exact; no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].

    Returns:
      [N]: the mean over the pixels of neighbours 1 and 2 pixels apart, summed over the levels.
    """
    total = 0.0
    for gap, confidence in _gaps(labels[..., :1], labels[..., 1:], disparities):
        exact = ops.cast(confidence > EXACT, "float32")
        for apart in EDGE_DISTANCES:
            for axis in (1, 2):
                gap_change, both_exact = (
                    rule(*_neighbours(maps, apart, axis))
                    for rule, maps in ((ops.subtract, gap), (ops.minimum, exact))
                )
                total = total + ops.mean(both_exact * ops.abs(gap_change), axis=(1, 2, 3))
    return total


def _gap_but_for_scale(taught, weights, disparities):
    """Weighted L1 gap [N] of log disparities to `taught`, without each image's mean gap."""
    total = 0.0
    for gap, weight in _gaps(taught, weights, disparities):
        weight = weight / ops.mean(weight, axis=(1, 2, 3), keepdims=True)
        gap = gap - ops.mean(weight * gap, axis=(1, 2, 3), keepdims=True)
        total = total + ops.mean(weight * ops.abs(gap), axis=(1, 2, 3))
    return total


def _gaps(taught, weights, disparities):
    """For each level, the gap of log disparity to `taught`, and the weights, at its size."""
    taught, weights = ops.stop_gradient(taught), ops.stop_gradient(weights)
    for disparity in disparities:
        factor = taught.shape[1] // disparity.shape[1]
        level, weight = (
            ops.average_pool(maps, factor, strides=factor) for maps in (taught, weights)
        )
        yield ops.log(disparity) - level, weight


def _neighbours(maps, apart: int, axis: int):
    """The pixels of maps [N, H, W, 1] that have a neighbour `apart` along `axis`, and those."""
    if axis == 1:
        return maps[:, :-apart], maps[:, apart:]
    return maps[:, :, :-apart], maps[:, :, apart:]
