"""Teacher `truth`: the labels are the truth of clips that have it, such as rendered clips."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from dfnet_tf.data.batches.labels import Labels, resized
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.truth.scene_flow_pairs import ClipPair

FARTHEST = 80.0  # Units of depth; the sky is as far. Greater depths cannot be told apart.
DENSE = 0.99  # Least share of pixels of known depth. Rendered depth has it, no scanner's has.


def lesson(
    clips: Sequence[Clip], size: tuple[int, int], kind: str = "flow"
) -> tuple[list[Clip], Labels]:
    """The clips with truth, and their labels at `size` = (height, width).

    Args:
      kind: depth, flow or scene.

    Raises:
      ClipError: no clip has truth.
    """
    taught = [clip for clip in clips if has_truth(clip, kind)]
    if not taught:
        raise ClipError(
            f"Expected clips with {KINDS[kind].expected}, for --teacher=truth. "
            f"Received: {len(clips)} clips without it."
        )
    found = readers(taught, size, kind)
    return taught, Labels(lambda number, frame: found[number](frame), kind)


def has_truth(clip: Clip, kind: str) -> bool:
    """True if the clip has the truth of its first frame; depth means that of nearly every pixel."""
    return KINDS[kind].is_known(clip)


def readers(
    clips: Sequence[Clip], size: tuple[int, int], kind: str
) -> list[Callable[[int], np.ndarray]]:
    """For each clip, a function: frame -> label at `size`, float32 [H, W, C].

    See `batches.labels.CHANNELS` for the channels.
    """
    return [functools.partial(KINDS[kind].label, clip, size) for clip in clips]


def _has_flow(clip: Clip) -> bool:
    return len(clip) > 1 and clip.stored("flow", 0) is not None


def _has_dense_depth(clip: Clip) -> bool:
    """False for the depth of scanners and stereo pairs, which is there to evaluate with."""
    depth = clip.depth(0)
    return depth is not None and (depth > 0).mean() >= DENSE


def _flow_label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    return resized(np.dstack(clip.flow(frame)), size, "flow")


def _depth_label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    depth = clip.depth(frame)
    depth, known = cv2.split(resized(np.dstack([depth, depth > 0]), size, "depth"))
    return np.dstack([_log_disparity(depth, known > 0), known])


def _log_disparity(depth: np.ndarray, known: np.ndarray) -> np.ndarray:
    """0 where the depth is not known."""
    return -np.log(np.where(known, np.minimum(depth, FARTHEST), 1.0))


def _has_scene(clip: Clip) -> bool:
    return _has_flow(clip) and _has_dense_depth(clip) and clip.stored("moving", 0) is not None


def _scene_label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    pair = ClipPair(clip, frame)
    truth = pair.truth()
    known = [depth > 0 for depth in (truth.depth, truth.next_depth)]
    here, there = map(_log_disparity, (truth.depth, truth.next_depth), known)
    static = ~pair.moving() & (truth.depth < FARTHEST)
    label = np.dstack([here, there, truth.flow, known[1], static])
    return resized(label, size, "scene")


class _Kind(NamedTuple):
    expected: str
    is_known: Callable[[Clip], bool]
    label: Callable[[Clip, tuple[int, int], int], np.ndarray]


KINDS = {
    "flow": _Kind("flow/, such as those of `prepare --source=flying`", _has_flow, _flow_label),
    "scene": _Kind(
        "depth/ of every pixel, flow/ and moving/, such as those of `prepare --source=synthetic`",
        _has_scene,
        _scene_label,
    ),
    "depth": _Kind(
        "depth/ of every pixel, such as those of `prepare --source=synthetic`",
        _has_dense_depth,
        _depth_label,
    ),
}
