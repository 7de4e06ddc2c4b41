"""DF-Net: depth, optical flow and camera motion, learned together from unlabeled video.

Zou, Luo, Huang, "DF-Net: Unsupervised Joint Learning of Depth and Flow using Cross-Task
Consistency", ECCV 2018. Depth and camera motion induce a *rigid flow*; where the world is
static and visible it must agree with the flow network's flow.

    import dfnet_tf
    net = dfnet_tf.load("pretrained/mobile")
    depth = net.depth(image)  # uint8 RGB [H, W, 3] -> float32 [H, W], relative
    flow = net.flow(first, second)  # float32 [H, W, 2], in pixels
    views = net.film("drive.mp4", fov_degrees=60)  # Yields depth, flow, pose ... of every frame.

Conventions. All code follows them; other docstrings add only what differs:

| thing   | convention                                                                          |
|---------|-------------------------------------------------------------------------------------|
| tensors | `[B, H, W, C]`; images RGB in [0, 1]; each network normalises its own input         |
| pixels  | (x, y), x right, y down; the *centre* of the top-left pixel is (0, 0); every resize |
|         | uses half-pixel centres and moves the intrinsics with it                            |
| camera  | X right, Y down, Z forward; depth is Z, in the translation's unit                   |
| motion  | `source_from_target` `[B, 4, 4]`: p_source = source_from_target p_target;           |
|         | six-vectors are (tx, ty, tz, rx, ry, rz)                                            |
| flow    | (u, v) in pixels of its own resolution, target -> source; resized only by           |
|         | `resize_flow`                                                                       |
| masks   | float, named for what 1 means: valid, visible, in_image, static                     |
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfnet_tf.api import Networks

# OpenCV prints warnings about every damaged file; dfnet_tf raises errors instead. OpenCV reads this
# variable when it is loaded.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

# Image files may be untrusted. This sets OpenCV's own limit to that of data/files/image_limits.py,
# for files that OpenCV reads in another way than the package does.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**26))


def load(run_dir: str | os.PathLike[str]) -> "Networks":
    """Loads the networks of a run: its folder, a published folder, or a published name: `mobile`.

    Raises:
      ConfigError, RunError: the folder is not a run, or its checkpoints are damaged.
    """
    from dfnet_tf.api import Networks  # TensorFlow takes seconds.

    return Networks(run_dir)
