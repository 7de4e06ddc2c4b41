"""KITTI's laser scans, and the depth maps that the Eigen evaluation makes from them."""

from pathlib import Path

import numpy as np

from dfnet_tf.data.files.stored_bytes import Stored

BYTES_A_POINT = 16  # Four little-endian float32.
MOST_BYTES = 2**26  # 4 million points: thirty times a scan of KITTI.


def read_points(path: str | Path) -> np.ndarray:
    """Reads a scan (KITTI raw: velodyne_points/data/0000000000.bin).

    Returns:
      float32 [N, 4]: x forward, y left, z up, in metres from the scanner; reflectance in [0, 1].

    Raises:
      ValueError: the file is missing, empty, truncated or damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: expected a laser scan (.bin). Received: no such file.")
    data = Stored(path).read(MOST_BYTES)
    if not data or len(data) % BYTES_A_POINT:
        raise ValueError(
            f"{path}: expected a laser scan, {BYTES_A_POINT} bytes per point. "
            f"Received: {len(data)} bytes."
        )
    points = np.frombuffer(data, "<f4").reshape(-1, 4)
    if not np.isfinite(points).all():
        raise ValueError(f"{path}: expected finite coordinates. Received: infinity or NaN.")
    return points


def depth_map(
    points: np.ndarray,
    intrinsics: np.ndarray,
    camera_from_velodyne: np.ndarray,
    size: tuple[int, int],
) -> np.ndarray:
    """Projects a scan as the Eigen evaluation does (Godard et al., Monodepth, CVPR 2017).

    All published numbers on this split use these maps, so their peculiarities are kept:
    - The depth is the point's x, its distance in front of the *scanner*. The camera is 0.27 m in
      front of the scanner, so the true depth is smaller by about that. Median scaling, a factor,
      does not remove the difference.
    - Pixels are rounded and then moved by -1, to match KITTI's MATLAB code, which counts from 1. A
      depth lies 0.5 to 1.5 pixels up and left of its calibrated position.
    - If several points share a pixel, the nearest counts; the others are hidden.
    Points behind the scanner or the camera are dropped. In the published code, a point at the right
    border can also take the depth of a point at the left border of the next row. That is not copied
    here; it happens only outside Garg's crop.

    Args:
      points: [N, 3 or more], x forward, y left, z up, in metres.
      intrinsics: [3, 3], in pixels of the depth map.
      camera_from_velodyne: [4, 4], p_camera = camera_from_velodyne @ p_velodyne.
      size: (height, width) of the depth map.

    Returns:
      float32 [height, width], metres, 0 = none.
    """
    points = points[points[:, 0] >= 0, :3].astype(np.float64)
    in_camera = points @ camera_from_velodyne[:3, :3].T + camera_from_velodyne[:3, 3]
    ahead = in_camera[:, 2] > 0
    points, in_camera = points[ahead], in_camera[ahead]
    x, y = np.round((in_camera @ intrinsics[:2].T / in_camera[:, 2:]).T) - 1
    height, width = size
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    pixels = y[inside].astype(np.intp), x[inside].astype(np.intp)
    depth = np.full(size, np.inf, np.float32)
    np.minimum.at(depth, pixels, points[inside, 0].astype(np.float32))
    return np.where(np.isfinite(depth), depth, np.float32(0))
