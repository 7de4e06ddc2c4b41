"""Things made of several solids, and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfnet_tf.data.worlds.shapes import Ball, Convex, Drum, Solid


@dataclass(frozen=True, eq=False)
class Part:
    """A solid in the frame of the thing that it belongs to: X right, Y down, Z ahead."""

    shape: Convex | Ball | Drum
    centre: tuple[float, float, float]
    sizes: tuple[float, float, float]  # Half its sizes along its own axes.
    material: object
    turn: np.ndarray | None = None  # [3, 3]; None: own axes are the thing's axes.
    holes: float = 0.0


@dataclass(frozen=True)
class Thing:
    """Parts, and the half sizes of the ground that they cover along X and Z."""

    parts: list[Part]
    half_width: float
    half_length: float


def standing(parts: Sequence[Part], place, heading) -> list[Solid]:
    """The solids of a thing.

    Args:
      place: [3] or, if it moves, [N, 3]: where its origin is.
      heading: radians, scalar or [N]; the direction of its Z axis, from the world's Z towards X.
    """
    place = np.atleast_2d(np.asarray(place, np.float64))
    turns = heading_turns(np.broadcast_to(heading, len(place)))
    solids = []
    for part in parts:
        own = np.eye(3) if part.turn is None else part.turn
        axes = turns @ (own * np.array(part.sizes, np.float64))
        centre = place + turns @ np.array(part.centre, np.float64)
        solids.append(Solid(part.shape, axes, centre, part.material, part.holes))
    return solids


def heading_turns(heading: np.ndarray) -> np.ndarray:
    """Rotations [N, 3, 3] about the vertical axis that take Z to (sin, 0, cos) of `heading` [N]."""
    cosine, sine, zero = np.cos(heading), np.sin(heading), 0 * np.asarray(heading)
    rows = [cosine, zero, sine], [zero, zero + 1, zero], [-sine, zero, cosine]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
