"""What a network says of whole frames teaches it what to say of worse pictures of the same.

Flow: of crops, which see less (SelFlow, UFlow). Depth: of patchworks, which look like no street. In
a street what is near stands low, at any place there is much the same, and a network that has seen
few streets may learn that and little else.
"""

from keras import ops

from dfnet_tf.geometry import camera, optical_flow, patchwork, sampling, visibility
from dfnet_tf.losses import pairs
from dfnet_tf.losses.frames import as_frames

FLATTEST = 0.01  # Mean deviation of log disparities: of less, nothing can be told.
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
    backward = optical_flow.warp(pairs.opposite(student, num_frames), student)
    sees = ops.cast(crop(visible) > 0.99, "float32")  # All of the pixels it was read from.
    taught = sees * (1.0 - visibility.visible(student, backward))
    gap = ops.sqrt(ops.square(teacher - student) + 1e-6)
    return ops.mean(taught * ops.sum(gap, axis=-1, keepdims=True), axis=(1, 2, 3))


def depth_distillation(predictions):
    """L1 gap of patchworks' log disparities to those of the frames, which are the teacher's.

    Each picture's relief alone is compared, its mean taken off and its mean deviation made 1 (as in
    MiDaS, Ranftl et al., TPAMI 2022). A patchwork's scale is nobody's to know. And a student in
    doubt says little: to compare ranges would reward that, and as teacher and student are one
    network, both ended with the same disparity everywhere. To teach by pictures that are mixed is
    the idea of Depth Anything (Yang et al., CVPR 2024).

    Args:
      predictions: `disparities`, `patchwork_disparities` and `draws`, as for `robust.objective`;
        `disparities` get no gradient.

    Returns:
      [B * F], summed over the levels.
    """
    whole = ops.stop_gradient(as_frames(predictions["disparities"][0]))
    taught = patchwork.patchwork(ops.log(whole), as_frames(predictions["draws"]))
    total = 0.0
    for disparity in predictions["patchwork_disparities"]:
        factor = taught.shape[1] // disparity.shape[1]
        teacher = relief(ops.average_pool(taught, factor, strides=factor))
        total = total + ops.mean(ops.abs(relief(ops.log(disparity)) - teacher), axis=(1, 2, 3))
    return total


def relief(maps):
    """Maps [N, H, W, 1] whose mean is 0 and whose mean deviation is 1; flat ones become 0."""
    maps = maps - ops.mean(maps, axis=(1, 2, 3), keepdims=True)
    deviation = ops.mean(ops.abs(maps), axis=(1, 2, 3), keepdims=True)
    return maps / ops.maximum(deviation, FLATTEST)
