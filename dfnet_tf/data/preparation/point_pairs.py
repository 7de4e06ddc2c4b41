"""Matched points of pairs of a film's frames, far enough apart to show how the camera moves."""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

SIDE = 640  # Pixels: frames are resized to this longer side.
MOST_POINTS = 500
FEWEST_POINTS = 60
QUALITY, SPACING = 0.005, 7  # Of corners: relative to the best one's; pixels between them.
FAR = 0.06  # A pair is complete if its points moved this share of the longer side, at the median.
SURVIVORS = 0.5  # Or if a smaller share of its points can still be tracked.
RETURN = 0.3  # Pixels: tracked back, a point must end this close to its start.
MARGIN = 4  # Pixels: points at the image's edge are tracked badly.
ON_LINE = 0.7  # Pixels: points farther from their epipolar line belong to moving objects.
WINDOW = {"winSize": (15, 15), "maxLevel": 4, "criteria": (3, 30, 0.01)}  # Of Lucas-Kanade.


def point_pairs(frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields matched points of two frames, each float32 [N, 2], again and again along the film.

    A pair's frames are as far apart as their points can be tracked (Lucas-Kanade, always from the
    first frame, so that errors do not add up), whatever the film's frame rate and speed. Points
    that cannot belong to a static world are left out (MAGSAC++, Barath et al., CVPR 2020).

    Args:
      frames: uint8 RGB [H, W, 3], of one size.

    Yields:
      points (x, y) from the image's centre, in units of the longer side.
    """
    key = None
    for frame in frames:
        grey = _small_grey(frame)
        if key is None:
            key, start = grey, _corners(grey)
            now, count = start, len(start)
            key = grey if count >= FEWEST_POINTS else None
            continue
        start, now = _tracked(key, grey, start, now)
        moved = np.median(np.linalg.norm(now - start, axis=1)) if len(start) else np.inf
        if moved < FAR * max(grey.shape) and len(start) > SURVIVORS * count:
            continue
        key = None
        static = _static(start, now)
        if static.sum() >= FEWEST_POINTS:
            yield _from_centre(start[static], grey), _from_centre(now[static], grey)


def _small_grey(frame: np.ndarray) -> np.ndarray:
    """A grey copy whose longer side is SIDE, uint8."""
    height, width = frame.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.cvtColor(cv2.resize(frame, size, interpolation=mode), cv2.COLOR_RGB2GRAY)


def _corners(grey: np.ndarray) -> np.ndarray:
    """Points that can be tracked, float32 [N, 2]; may be empty."""
    found = cv2.goodFeaturesToTrack(grey, MOST_POINTS, QUALITY, SPACING)
    return np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2)


def _tracked(key, grey, start, guess) -> tuple[np.ndarray, np.ndarray]:
    """The points of `start` in `key` that are found again in `grey` near `guess`; both [M, 2]."""
    if not len(start):
        return start, guess
    flag = cv2.OPTFLOW_USE_INITIAL_FLOW
    there, found, _ = cv2.calcOpticalFlowPyrLK(key, grey, start, guess.copy(), flags=flag, **WINDOW)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        grey, key, there, start.copy(), flags=flag, **WINDOW
    )
    height, width = grey.shape
    inside = (there > MARGIN) & (there < (width - 1 - MARGIN, height - 1 - MARGIN))
    kept = (found > 0)[:, 0] & (returned > 0)[:, 0] & inside.all(axis=1)
    kept &= (np.abs(back - start) < RETURN).all(axis=1)
    return start[kept], there[kept]


def _static(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """True [N] for the points that lie on the epipolar lines of most."""
    if len(first) < FEWEST_POINTS:
        return np.zeros(len(first), bool)
    _, inliers = cv2.findFundamentalMat(first, second, cv2.USAC_MAGSAC, ON_LINE, 0.999, 1000)
    return np.zeros(len(first), bool) if inliers is None else inliers[:, 0] > 0


def _from_centre(points: np.ndarray, grey: np.ndarray) -> np.ndarray:
    height, width = grey.shape
    return (points - ((width - 1) / 2, (height - 1) / 2)) / max(height, width)
