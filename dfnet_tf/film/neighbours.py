"""Neighbouring frames of a film: flow in both directions, and the camera motion between them."""

import collections
import functools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import tensorflow as tf

from dfnet_tf.geometry import camera, epipolar_motion

DISTANCES = (1, 2, 4)  # Distances, in frames, of the neighbours before and after a frame.
THREADS = min(8, os.cpu_count() or 1)
AHEAD = THREADS + 1  # Number of frames whose flow is computed in advance.
COARSE = 12  # Pixel spacing of the matches to which the motion is fitted.
AGREES = 1.0  # Pixels: largest gap of forward and backward flow.
FEWEST = 0.2  # A neighbour is left out if its flows agree on a smaller share of the image.
LEAST_FLOW = 0.7  # Pixels, median: with less flow, depth cannot be measured.


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A neighbour of a frame."""

    distance: int  # In frames; negative for an earlier neighbour.
    flow: np.ndarray  # float32 [H, W, 2], to the neighbour, in pixels.
    agrees: np.ndarray  # float32 [H, W], 1 where the backward flow cancels the flow.
    motion: np.ndarray  # float32 [4, 4], other_from_this, |t| = 1.

    @property
    def is_useful(self) -> bool:
        """False if the flows mostly disagree, as across a cut, or the image hardly moves."""
        length = np.median(np.linalg.norm(self.flow[::COARSE, ::COARSE], axis=-1))
        return bool(self.agrees.mean() > FEWEST and length > LEAST_FLOW)


def neighbours_of(
    frames: Iterable[np.ndarray], intrinsics: np.ndarray
) -> Iterator[list[Neighbour]]:
    """Yields the useful neighbours of every frame, in order.

    Holds only a few frames in memory, however long the film is.

    Args:
      frames: grey, uint8 [H, W].
      intrinsics: [3, 3], in pixels of H x W.
    """
    found = collections.deque()  # Neighbours of the frames that still wait for later ones.
    with ThreadPoolExecutor(THREADS) as threads:
        for pairs in _flows(frames, threads):
            found.append([])
            for earlier, later in _both_sides(pairs, intrinsics):
                for place, side in ((-1 - earlier.distance, earlier), (-1, later)):
                    found[place] += [side] if side.is_useful else []
            if len(found) > max(DISTANCES):
                yield found.popleft()
        yield from found


def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """DIS flow (Kroeger et al., ECCV 2016) of grey frames [H, W]; float32 [H, W, 2], in pixels."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return dis.calc(first, second, None)


def agreement(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """1 where `back` returns from the end of `there` to within AGREES of its start; [H, W]."""
    ends = pixels(*there.shape[:2]) + there
    nowhere = (1e4, 1e4)
    returned = cv2.remap(back, ends, None, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT, nowhere)
    gap_x, gap_y = cv2.split(there + returned)
    return np.float32(gap_x * gap_x + gap_y * gap_y < AGREES**2)


@functools.lru_cache(maxsize=4)
def pixels(height: int, width: int) -> np.ndarray:
    """`camera.pixel_grid` as a read-only array; cached, because each frame needs it repeatedly."""
    grid = np.array(camera.pixel_grid(height, width))
    grid.setflags(write=False)
    return grid


def rays(places: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """(x, y) `places` [..., 2] in pixels as rays in focal lengths, float32 [..., 2]."""
    return np.float32((places - intrinsics[:2, 2]) / intrinsics[[0, 1], [0, 1]])


def _flows(frames: Iterable[np.ndarray], threads: ThreadPoolExecutor) -> Iterator[list[tuple]]:
    """Yields, for every frame, (distance, flow there, flow back) of the pairs that end at it."""
    held = collections.deque(maxlen=max(DISTANCES) + 1)
    under_way = collections.deque()
    for frame in frames:
        held.append(frame)
        firsts = [(distance, held[-1 - distance]) for distance in DISTANCES if distance < len(held)]
        under_way.append(
            [
                (distance, threads.submit(flow, first, frame), threads.submit(flow, frame, first))
                for distance, first in firsts
            ]
        )
        if len(under_way) > AHEAD:
            yield _finished(under_way.popleft())
    yield from map(_finished, under_way)


def _finished(pairs: list[tuple]) -> list[tuple]:
    return [(distance, there.result(), back.result()) for distance, there, back in pairs]


def _both_sides(
    pairs: list[tuple], intrinsics: np.ndarray
) -> Iterator[tuple[Neighbour, Neighbour]]:
    """Yields each pair twice: from its first and from its second frame."""
    if not pairs:
        return
    agrees = [(agreement(there, back), agreement(back, there)) for _, there, back in pairs]
    matches = [
        _matches(there, back, weights, intrinsics)
        for (_, there, back), weights in zip(pairs, agrees, strict=True)
    ]
    matches += [matches[-1]] * (len(DISTANCES) - len(matches))  # One shape, compiled once.
    motions = _motions(*(np.stack(part) for part in zip(*matches, strict=True))).numpy()
    for (distance, there, back), weights, motion in zip(pairs, agrees, motions, strict=False):
        yield (
            Neighbour(distance, there, weights[0], motion),
            Neighbour(-distance, back, weights[1], np.linalg.inv(motion)),
        )


def _matches(there, back, weights, intrinsics) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rays of the first and second frame [N, 2] and weights [N], from both flows."""
    grid = pixels(*there.shape[:2])
    coarse = slice(COARSE // 2, None, COARSE), slice(COARSE // 2, None, COARSE)
    first = np.stack([grid[coarse], (grid + back)[coarse]])
    second = np.stack([(grid + there)[coarse], grid[coarse]])
    weight = np.stack([weights[0][coarse], weights[1][coarse]])
    return (
        rays(first.reshape(-1, 2), intrinsics),
        rays(second.reshape(-1, 2), intrinsics),
        weight.reshape(-1),
    )


@tf.function(jit_compile=True)
def _motions(first, second, weight):
    """The motions [P, 4, 4] of P pairs; the fit starts straight ahead."""
    ahead = np.eye(4, dtype="float32")
    ahead[2, 3] = -1.0
    start = tf.tile(ahead[None], [tf.shape(first)[0], 1, 1])
    return epipolar_motion.fitted(start, first, second, weight)
