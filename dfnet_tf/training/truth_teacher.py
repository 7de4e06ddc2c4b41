"""Teacher `truth`: the labels are the truth of clips that have it, such as rendered clips."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from dfnet_tf.data.batches.labels import Labels, resized_flow
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError

FARTHEST = 80.0  # Units of depth; the sky is as far. Greater depths cannot be told apart.
DENSE = 0.99  # Least share of pixels of known depth. Rendered depth has it, no scanner's has.


def lesson(
    clips: Sequence[Clip], size: tuple[int, int], kind: str = "flow"
) -> tuple[list[Clip], Labels]:
    """The clips with truth, and their labels at `size` = (height, width).

    Args:
      kind: depth or flow.

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
    return taught, Labels(lambda number, frame: found[number](frame), are_flow=kind == "flow")


def has_truth(clip: Clip, kind: str) -> bool:
    """True if the clip has the truth of its first frame: flow, or depth of nearly every pixel."""
    return KINDS[kind].is_known(clip)


def readers(
    clips: Sequence[Clip], size: tuple[int, int], kind: str
) -> list[Callable[[int], np.ndarray]]:
    """For each clip, a function: frame -> label at `size`, float32 [H, W, C].

    The channels of flow are x, y and weight; those of depth, log disparity and weight.
    """
    return [functools.partial(KINDS[kind].label, clip, size) for clip in clips]


def _has_flow(clip: Clip) -> bool:
    return len(clip) > 1 and clip.stored("flow", 0) is not None


def _has_dense_depth(clip: Clip) -> bool:
    """False for the depth of scanners and stereo pairs, which is there to evaluate with."""
    depth = clip.depth(0)
    return depth is not None and (depth > 0).mean() >= DENSE


def _flow_label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    return resized_flow(np.dstack(clip.flow(frame)), size)


def _depth_label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    """Takes the nearest pixels, because a mean of two depths at an edge is neither."""
    depth = cv2.resize(clip.depth(frame), size[::-1], interpolation=cv2.INTER_NEAREST)
    known = depth > 0
    log_depth = np.log(np.where(known, np.minimum(depth, FARTHEST), 1.0))
    return np.float32(np.dstack([-log_depth, known]))


class _Kind(NamedTuple):
    expected: str
    is_known: Callable[[Clip], bool]
    label: Callable[[Clip, tuple[int, int], int], np.ndarray]


KINDS = {
    "flow": _Kind("flow/, such as those of `prepare --source=flying`", _has_flow, _flow_label),
    "depth": _Kind(
        "depth/ of every pixel, such as those of `prepare --source=synthetic`",
        _has_dense_depth,
        _depth_label,
    ),
}
