"""Labels of optical flow, from the film's geometry and DIS flow."""

import numpy as np

from dfnet_tf.film.neighbours import Neighbour
from dfnet_tf.geometry import optical_flow

SURE = 0.5  # Minimum confidence of depth for its rigid flow to count.
SURE_WHERE_HIDDEN = 0.85  # The same for hidden pixels, whose DIS flow is unknown.
AGREES, AGREES_RELATIVE = 1.0, 0.03  # Gap of both flows: pixels, and share of the rigid flow.
FLOW_ALONE = 0.6  # Weight of a pixel with DIS flow only: moving, or with unsure depth.


def label(
    log_disparity: np.ndarray,
    confidence: np.ndarray,
    neighbour: Neighbour,
    motion: np.ndarray,
    intrinsics: np.ndarray,
) -> np.ndarray:
    """The flow from a frame to a neighbour, and its weight.

    Where depth is confident and its rigid flow is near the DIS flow, the label is their mean. Where
    the pixel is hidden in the neighbour, the label is the rigid flow. Where depth is unsure or the
    flows differ, as on moving objects, the label is the DIS flow, if the backward flow cancels it.

    Args:
      log_disparity, confidence: [H, W], of the frame.
      neighbour: of the frame; its flow is [H, W, 2].
      motion: [4, 4], neighbour_from_frame, in the unit of the depth.
      intrinsics: [3, 3], in pixels of H x W.

    Returns:
      float32 [H, W, 3]: flow in pixels, and weight in [0, 1].
    """
    depth = np.exp(-log_disparity)[..., None]
    arrays = (np.float32(array)[None] for array in (depth, intrinsics, motion))
    rigid = np.asarray(optical_flow.rigid_flow(*arrays))[0]
    gap = np.linalg.norm(rigid - neighbour.flow, axis=-1)
    near = gap < AGREES + AGREES_RELATIVE * np.linalg.norm(rigid, axis=-1)
    leads_back = neighbour.agrees > 0
    both = near & leads_back & (confidence > SURE)
    hidden = ~leads_back & (confidence > SURE_WHERE_HIDDEN)
    flow = np.where(hidden[..., None], rigid, neighbour.flow)
    flow = np.where(both[..., None], (rigid + neighbour.flow) / 2, flow)
    weight = np.where(both | hidden, 1.0, np.where(leads_back, FLOW_ALONE, 0.0))
    return np.dstack([flow, weight]).astype(np.float32)
