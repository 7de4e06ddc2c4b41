"""Keeps one scale over a video, although the networks' scale may change from frame to frame.

A network trained on one camera predicts depth and motion up to a factor, and nothing keeps that
factor constant. Two frames that see the same static points determine the change: after the camera
motion, a point's depth must equal the depth predicted there.
"""

import math

import numpy as np
import tensorflow as tf
from keras import ops

from dfnet_tf.geometry import camera, optical_flow, rigid_motion, scene_flow, visibility

LEAK = 0.05  # Forgets a wrong change in about 20 frames; otherwise small errors accumulate.
FEWEST = 0.1  # Minimum share of static pixels visible twice; with fewer (a cut), nothing changes.


def next_scale(scale: float, depth, next_depth, intrinsics, next_from_frame, static) -> float:
    """The factor s' for the next frame's depth and for the motion after it.

    s' = (s r)^(1 - LEAK): the changes r are chained, and pulled back to 1, the network's average
    scale. r = sqrt(c / c'), where c is the change from this frame to the next and c' the change
    back. An error such as too smooth depth makes both too large and cancels.

    Args:
      scale: s, this frame's own factor; 1 for the first frame.
      depth: [1, H, W, 1] of this frame. Like next_depth and the motion, predicted and times s.
      next_depth: [1, H, W, 1].
      intrinsics: [1, 3, 3], in pixels of H x W.
      next_from_frame: [1, 4, 4].
      static: [1, H, W, 1], 1 where nothing in this frame moves by itself.
    """
    everywhere = np.ones_like(next_depth)  # The median ignores moving objects in the next frame.
    there = _change(depth, next_depth, intrinsics, next_from_frame, static)
    back = _change(next_depth, depth, intrinsics, np.linalg.inv(next_from_frame), everywhere)
    return (scale * math.sqrt(there / back)) ** (1 - LEAK)


def _change(depth, next_depth, intrinsics, next_from_frame, static) -> float:
    """Median of Z(T p) / D'(x') over the static points p visible in the next frame, at x'.

    T: motion, D': next depth. Returns 1 if there are too few points.
    """
    ratio, usable = _ratio(depth, next_depth, intrinsics, np.float32(next_from_frame), static)
    usable = np.asarray(usable)
    return float(np.median(np.asarray(ratio)[usable])) if usable.mean() >= FEWEST else 1.0


@tf.function(jit_compile=True)
def _ratio(depth, next_depth, intrinsics, next_from_frame, static):
    """Z(T p) / D'(x') and where it counts, [1, H, W, 1]; see `_change`."""
    moved = rigid_motion.transform(camera.backproject(depth, intrinsics), next_from_frame)[..., 2:]
    flow = optical_flow.rigid_flow(depth, intrinsics, next_from_frame)
    seen = visibility.in_image(optical_flow.end_points(flow), *depth.shape[1:3])
    usable = ops.logical_and(static * seen > 0, moved > camera.MIN_DEPTH)
    return moved / scene_flow.depth_at_end_points(next_depth, flow), usable
