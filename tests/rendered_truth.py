"""What the truth of a rendered clip says about itself."""

import numpy as np
from keras import ops

from dfnet_tf.geometry import optical_flow


def warp(images, flow):
    return ops.convert_to_numpy(optical_flow.warp(images, flow))


def rigid_flow(rendered):
    """The flow that the true depth and the true motion induce, frame i -> i + 1."""
    motion = np.linalg.inv(rendered.camera_to_world[1:]) @ rendered.camera_to_world[:-1]
    intrinsics = np.tile(rendered.intrinsics, (len(motion), 1, 1))
    depth = rendered.depth[:-1, ..., None]
    return ops.convert_to_numpy(
        optical_flow.rigid_flow(depth, intrinsics, motion.astype("float32"))
    )


def points_in_next_image(rendered):
    """Whether the pixels' points lie inside the next image, and are hidden there: [N - 1, H, W]."""
    height, width = rendered.depth.shape[1:]
    x, y = np.moveaxis(optical_flow.end_points(rendered.forward_flow), -1, 0)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside, inside & (rendered.forward_visible == 0)


def share_hidden_by_nearer(rendered, hidden):
    """The share of the hidden points before which something nearer lies in the next image."""
    next_depth = warp(rendered.depth[1:, ..., None], rendered.forward_flow)[..., 0]
    return np.mean(next_depth[hidden] < rendered.depth[:-1][hidden])
