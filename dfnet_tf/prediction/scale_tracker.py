"""Holds one scale over a video whose networks choose their own anew in every frame.

A network that learned from one camera knows depth and motion up to a factor, and nothing makes it
the same factor from one frame to the next. Two frames that see the same static points tell how it
changed: where the camera's motion takes a point, its depth must be the one predicted there.
"""

import math

import numpy as np

from dfnet_tf.geometry import camera, optical_flow, rigid_motion, scene_flow, visibility

LEAK = 0.05  # A wrong change is forgotten in some 20 frames; else small errors add up for ever.
FEWEST = 0.1  # Of all pixels. Where fewer are static and seen twice (a cut), nothing is concluded.


def next_scale(scale: float, depth, next_depth, intrinsics, next_from_frame, static) -> float:
    """The factor s' by which the next frame's depth, and motion onward, are to be multiplied.

    s' = (s r)^(1 - LEAK): the changes r are chained, and pulled back to 1, the network's own
    average. r = sqrt(c / c'), c the change from this frame to the next, c' the same way back: what
    makes either too large, such as a depth that is too smooth, makes both too large.

    Args:
      scale: s, this frame's own factor; 1 for the first frame.
      depth: [1, H, W, 1] of this frame; like next depth and motion as predicted, times s.
      next_depth: [1, H, W, 1].
      intrinsics: [1, 3, 3], in pixels of H x W.
      next_from_frame: [1, 4, 4].
      static: [1, H, W, 1], 1 where nothing in this frame moves by itself.
    """
    everywhere = np.ones_like(next_depth)  # The median copes with what moves in the next frame.
    there = _change(depth, next_depth, intrinsics, next_from_frame, static)
    back = _change(next_depth, depth, intrinsics, np.linalg.inv(next_from_frame), everywhere)
    return (scale * math.sqrt(there / back)) ** (1 - LEAK)


def _change(depth, next_depth, intrinsics, next_from_frame, static) -> float:
    """Median of Z(T p) / D'(x') over the static points p that the next frame sees, at x'.

    T: motion, D': next depth. 1 if they are too few to tell.
    """
    moved = rigid_motion.transform(camera.backproject(depth, intrinsics), next_from_frame)[..., 2:]
    flow = optical_flow.rigid_flow(depth, intrinsics, next_from_frame)
    seen = visibility.in_image(optical_flow.end_points(flow), *depth.shape[1:3])
    usable = np.asarray(static * seen > 0) & np.asarray(moved > camera.MIN_DEPTH)
    if usable.mean() < FEWEST:
        return 1.0
    there = scene_flow.depth_at_end_points(next_depth, flow)
    return float(np.median(np.asarray(moved / there)[usable]))
