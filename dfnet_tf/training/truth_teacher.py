"""Teacher `truth`: the labels are the true flow of clips that have it, such as rendered clips."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from dfnet_tf.data.batches.labels import Labels, resized_flow
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError


def lesson(clips: Sequence[Clip], size: tuple[int, int]) -> tuple[list[Clip], Labels]:
    """The clips with true flow, and their labels at `size` = (height, width).

    Raises:
      ClipError: no clip has flow.
    """
    taught = [clip for clip in clips if has_flow(clip)]
    if not taught:
        raise ClipError(
            "Expected clips with flow/, such as those of `prepare --source=flying`, for "
            f"--teacher=truth. Received: {len(clips)} clips without flow/."
        )
    found = readers(taught, size)
    return taught, Labels(lambda number, frame: found[number](frame), are_flow=True)


def has_flow(clip: Clip) -> bool:
    """True if the clip has the flow of its first frame."""
    return len(clip) > 1 and clip.stored("flow", 0) is not None


def readers(clips: Sequence[Clip], size: tuple[int, int]) -> list[Callable[[int], np.ndarray]]:
    """For each clip, a function: frame -> flow at `size` and weight, float32 [H, W, 3]."""
    return [functools.partial(_label, clip, size) for clip in clips]


def _label(clip: Clip, size: tuple[int, int], frame: int) -> np.ndarray:
    return resized_flow(np.dstack(clip.flow(frame)), size)
