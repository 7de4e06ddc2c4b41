"""True depth and flow in KITTI's 16-bit PNG files."""

from pathlib import Path

import cv2
import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_limits
from dfnet_tf.data.files.image_files import decode, encode
from dfnet_tf.data.files.stored_bytes import Stored

DEPTH_SCALE = 256.0  # Stored value = metres * 256.
FLOW_SCALE, FLOW_OFFSET = 64.0, 2.0**15  # Stored value = pixels * 64 + 2^15.


def read_depth(source: str | Path | Stored) -> np.ndarray:
    """Reads a KITTI depth PNG: float32 [H, W], metres, 0 = none. Inverse of `write_depth`."""
    stored = decode(source, cv2.IMREAD_UNCHANGED, image_limits.MOST_TRUTH)
    if stored.dtype != np.uint16 or stored.ndim != 2:
        raise ClipError(
            f"{source}: expected a 16-bit grey PNG. Received: {stored.dtype}{list(stored.shape)}."
        )
    metres = stored.astype(np.float32)
    metres /= DEPTH_SCALE  # In place: the largest images take almost a gigabyte.
    return metres


def write_depth(path: str | Path, metres: np.ndarray) -> None:
    """Writes depth [H, W] as uint16 = metres * 256; 0 where it is not finite and positive."""
    metres = np.where(np.isfinite(metres) & (metres > 0), metres, 0.0)
    encode(path, np.clip(np.rint(metres * DEPTH_SCALE), 0, 65535).astype(np.uint16))


def read_flow(source: str | Path | Stored) -> tuple[np.ndarray, np.ndarray]:
    """Reads a KITTI flow PNG. Inverse of `write_flow`.

    Returns:
      float32 [H, W, 2], (u, v) in pixels, 0 where invalid; valid, float32 [H, W].
    """
    stored = decode(source, cv2.IMREAD_UNCHANGED, image_limits.MOST_TRUTH)
    if stored.dtype != np.uint16 or stored.ndim != 3 or stored.shape[2] != 3:
        raise ClipError(
            f"{source}: expected a 16-bit RGB PNG. Received: {stored.dtype}{list(stored.shape)}."
        )
    valid = (stored[..., 0] > 0).astype(np.float32)  # OpenCV's order: B = valid, G = v, R = u.
    flow = stored[..., :0:-1].astype(np.float32)
    flow -= FLOW_OFFSET
    flow /= FLOW_SCALE
    flow *= valid[..., None]
    return flow, valid


def write_flow(path: str | Path, flow: np.ndarray, valid: np.ndarray) -> None:
    """Writes flow [H, W, 2] and valid [H, W] as a KITTI 16-bit PNG, in steps of 1/64 pixel.

    Flow that the format cannot hold (not finite, outside [-512, 512) pixels) becomes invalid.
    """
    stored = np.rint(flow * FLOW_SCALE + FLOW_OFFSET)
    holds = ((stored >= 0) & (stored <= 65535)).all(axis=-1) & (valid > 0)  # NaN compares false.
    stored = np.where(holds[..., None], stored, 0)
    encode(path, np.dstack([holds, stored[..., 1], stored[..., 0]]).astype(np.uint16))
