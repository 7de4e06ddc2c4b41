"""What a network says of whole frames teaches it what to say of worse pictures of the same.

Flow: of crops, which see less (SelFlow, UFlow). Depth: of patchworks, which look like no street. In
a street what is near stands low, at any place there is much the same, and a network that has seen
few streets may learn that and little else.
"""

from keras import ops

from dfnet_tf import clip_batch
from dfnet_tf.geometry import camera, optical_flow, sampling, visibility

UNSURE = 0.5  # Weight of a pixel whose label is the network's own opinion.
CROP = 0.8  # Of width and height: UFlow on KITTI takes 64 of 640 pixels off each side.


def crop(maps):
    """The middle of `maps` [N, H, W, C], enlarged to their size.

    Always the middle: the crop's position adds no random state to a run that may be resumed.
    """
    height, width = maps.shape[1:3]
    centre = ops.convert_to_tensor([(width - 1) / 2, (height - 1) / 2], "float32")
    pixels = centre + CROP * (camera.pixel_grid(height, width) - centre)
    return sampling.bilinear_sample(maps, pixels[None])


def crop_flow(flow):
    """`crop` of a flow [N, H, W, 2], in pixels of the enlarged crop."""
    return crop(flow) / CROP


def flow_distillation(flow, visible, crop_flows, num_frames: int):
    """L1 gap of a crop's own flow to the whole frames' flow there, which is the teacher.

    Only where the crop alone cannot know: hidden or outside by its own forward-backward check,
    visible by the whole frames' (Liu et al., SelFlow, CVPR 2019; Jonschkowski et al., UFlow, ECCV
    2020, whose robust L1 sqrt(x^2 + 0.001^2) this is).

    Args:
      flow: [P, H, W, 2] of the whole frames; gets no gradient.
      visible: [P, H, W, 1] of that flow.
      crop_flows: [P, h, w, 2], what the network says of the crops, in pixels of its own grid.
      num_frames: of a clip.

    Returns:
      [P]: the sum over those pixels divided by the number of all pixels.
    """
    teacher = ops.stop_gradient(crop_flow(flow))
    student = optical_flow.resize_flow(crop_flows, *flow.shape[1:3])
    backward = optical_flow.warp(clip_batch.opposite(student, num_frames), student)
    sees = ops.cast(crop(visible) > 0.99, "float32")  # All of the pixels it was read from.
    taught = sees * (1.0 - visibility.visible(student, backward))
    gap = ops.sqrt(ops.square(teacher - student) + 1e-6)
    return ops.mean(taught * ops.sum(gap, axis=-1, keepdims=True), axis=(1, 2, 3))


def depth_distillation(taught, disparities):
    """L1 gap of the log disparities of pictures to what they should be, but for a factor.

    Each picture's gaps have their mean taken off (as in Eigen et al., NIPS 2014, all of it): the
    scale of a patchwork, whose parts are enlarged, is nobody's to know.

    Args:
      taught: [N, H, W, 1], log disparities; gets no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].

    Returns:
      [N], summed over the levels.
    """
    return _gap_but_for_scale(taught, ops.ones_like(taught), disparities)


def film_depth(labels, disparities):
    """L1 gap of log disparities to a film's labels, weighted by UNSURE + confidence.

    Each picture's weighted mean gap is taken off: its scale is unknown.

    Args:
      labels: [N, H, W, 2], log disparity and confidence in [0, 1]; gets no gradient.
      disparities: list, finest first, of [N, H / 2^s, W / 2^s, 1].

    Returns:
      [N], summed over the levels.
    """
    return _gap_but_for_scale(labels[..., :1], UNSURE + labels[..., 1:], disparities)


def _gap_but_for_scale(taught, weights, disparities):
    """Weighted L1 gap [N] of log disparities to `taught`, each picture's mean gap taken off."""
    taught, weights, total = ops.stop_gradient(taught), ops.stop_gradient(weights), 0.0
    for disparity in disparities:
        factor = taught.shape[1] // disparity.shape[1]
        level, weight = (
            ops.average_pool(maps, factor, strides=factor) for maps in (taught, weights)
        )
        weight = weight / ops.mean(weight, axis=(1, 2, 3), keepdims=True)
        gap = ops.log(disparity) - level
        gap = gap - ops.mean(weight * gap, axis=(1, 2, 3), keepdims=True)
        total = total + ops.mean(weight * ops.abs(gap), axis=(1, 2, 3))
    return total
