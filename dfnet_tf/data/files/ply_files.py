"""Writes coloured points as PLY files for MeshLab, CloudCompare, Blender and Open3D."""

from pathlib import Path

import numpy as np

_VERTEX = np.dtype([("place", "<f4", 3), ("colour", "u1", 3)])  # Must match the header below.
_HEADER = """ply
format binary_little_endian 1.0
comment {comment}
element vertex {count}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
end_header
"""


def write_ply(path: str | Path, points: np.ndarray, colours: np.ndarray, comment: str) -> None:
    """Writes a point cloud, binary (Turk, "The PLY polygon file format", 1994).

    Args:
      path: of the file.
      points: [N, 3], in any unit.
      colours: uint8 RGB [N, 3].
      comment: one line of ASCII about unit and axes, for the header.

    Raises:
      ValueError: a point is not finite.
    """
    if not np.isfinite(points).all():
        raise ValueError(f"{path}: expected finite points. Received: infinity or NaN.")
    vertices = np.empty(len(points), _VERTEX)
    vertices["place"], vertices["colour"] = points, colours
    header = _HEADER.format(comment=comment, count=len(points))
    Path(path).write_bytes(header.encode("ascii") + vertices.tobytes())
