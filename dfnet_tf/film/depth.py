"""Depth of a film's frames, triangulated from neighbours and fused with the depth network."""

import collections
import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from dfnet_tf.film import flow, fusion
from dfnet_tf.film.neighbours import DISTANCES, THREADS, Neighbour, neighbours_of
from dfnet_tf.geometry import camera

AREA = 192 * 640  # Pixels of the working size.
PATCH = 9  # Pixels: flow depends on the gradients of a whole patch.


@dataclasses.dataclass(frozen=True, eq=False)
class FilmDepth:
    """Depth of one frame from the film's geometry and the network."""

    log_disparity: np.ndarray  # float32 [H, W], in the network's unit.
    confidence: np.ndarray  # float32 [H, W], 0: the network's prediction; near 1: geometry.
    spread: float  # Median gap of log disparity between views and network; NaN without views.
    # other_from_this [4, 4] of each counted neighbour, by its distance; in the network's unit.
    motions: dict[int, np.ndarray]
    # Computes `flow.label` to the next frame when it is called. None if that frame does not count.
    next_flow: Callable[[], np.ndarray] | None = None


def film_depths(
    frames: Iterable[np.ndarray],
    disparity: Callable[[np.ndarray], np.ndarray],
    intrinsics: np.ndarray,
) -> Iterator[FilmDepth]:
    """Yields the depth of every frame, in order.

    Each frame is compared with its neighbours (`neighbours.py`). The camera motion to each
    neighbour is solved without depth. The pixels' inverse depths are triangulated and scaled to the
    network's disparity by their median ratio. The views are averaged and fused with the network's
    disparity (`fusion`). The network alone decides where views disagree, where pixels leave their
    epipolar lines, and where points would lie below the ground: there, something moves or the flow
    is wrong.

    Args:
      frames: uint8 RGB [h, w, 3], consecutive and of one size.
      disparity: the network's disparity of a frame, [h', w'] of any size for the same view.
      intrinsics: [3, 3], in pixels of the frames.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        return
    size = working_size(first.shape[:2])
    scaled = np.float32(camera.resized_intrinsics(intrinsics, first.shape[:2], size))
    shown = ((frame, in_grey(frame, size)) for frame in itertools.chain([first], frames))
    ahead, behind = itertools.tee(shown)
    found = neighbours_of((grey for _, grey in ahead), scaled)
    under_way = collections.deque()
    with ThreadPoolExecutor(THREADS) as threads:
        for (frame, grey), neighbours in zip(behind, found, strict=True):
            prior = cv2.resize(np.float32(disparity(frame)), size[::-1])
            prior = np.maximum(prior, fusion.LEAST_DISPARITY)
            under_way.append(threads.submit(_film_depth, grey, prior, neighbours, scaled))
            if len(under_way) > THREADS:
                yield under_way.popleft().result()
        yield from (future.result() for future in under_way)


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """The (height, width) with about AREA pixels and the aspect ratio of `size`."""
    scale = math.sqrt(AREA / (size[0] * size[1]))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def in_grey(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A frame resized to `size`, in grey, uint8 [H, W]."""
    shrinks = size[0] <= frame.shape[0] and size[1] <= frame.shape[1]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.cvtColor(cv2.resize(frame, size[::-1], interpolation=mode), cv2.COLOR_RGB2GRAY)


def _film_depth(
    grey: np.ndarray, prior: np.ndarray, neighbours: list[Neighbour], intrinsics: np.ndarray
) -> FilmDepth:
    """Fuses one frame's `prior` disparity [H, W] with its neighbours."""
    nothing = FilmDepth(np.log(prior), np.zeros_like(prior), math.nan, {})
    if not neighbours:
        return nothing
    padded = neighbours + (2 * len(DISTANCES) - len(neighbours)) * [_unseen(neighbours[0])]
    flows, agrees, motions = (
        np.stack([getattr(one, name) for one in padded]) for name in ("flow", "agrees", "motion")
    )
    travel = _direction_of_travel(neighbours)
    found = fusion.fused(prior, flows, agrees, motions, _texture(grey), travel, intrinsics)
    log_disparity, confidence, spreads, scales, counts = (part.numpy() for part in found)
    counts = counts[: len(neighbours)] > 0
    if not counts.any():
        return nothing
    motions = {
        one.distance: scaled_motion(one.motion, 1.0 / scale)
        for one, scale, counted in zip(neighbours, scales, counts, strict=False)
        if counted
    }
    spread = float(spreads[: len(neighbours)][counts].mean())
    following = next((one for one in neighbours if one.distance == 1 and 1 in motions), None)
    next_flow = None
    if following is not None:
        next_flow = functools.partial(
            flow.label, log_disparity, confidence, following, motions[1], intrinsics
        )
    return FilmDepth(log_disparity, confidence, spread, motions, next_flow)


def scaled_motion(motion: np.ndarray, length: float) -> np.ndarray:
    """A motion [4, 4] with its translation multiplied by `length`, in float64."""
    scaled = np.array(motion, "float64")
    scaled[:3, 3] *= length
    return scaled


def _unseen(neighbour: Neighbour) -> Neighbour:
    """A neighbour without visible pixels; pads the views to the same number for all frames."""
    return dataclasses.replace(neighbour, agrees=np.zeros_like(neighbour.agrees))


def _direction_of_travel(neighbours: list[Neighbour]) -> np.ndarray:
    """The mean direction [3], |t| = 1, in which the camera moves, in the frame's own axes."""
    ways = [-np.sign(one.distance) * one.motion[:3, :3].T @ one.motion[:3, 3] for one in neighbours]
    total = np.sum(ways, axis=0)
    return np.float32(total / max(np.linalg.norm(total), 1e-6))


def _texture(grey: np.ndarray) -> np.ndarray:
    """The mean outer product of the gradient in a patch: xx, xy, yy; float32 [H, W, 3]."""
    smooth = cv2.GaussianBlur(np.float32(grey), (0, 0), 1.0)
    x, y = (cv2.Scharr(smooth, cv2.CV_32F, *order) / 32 for order in ((1, 0), (0, 1)))
    return cv2.blur(np.stack([x * x, x * y, y * y], axis=-1), (PATCH, PATCH))
