"""Clips, frames and pairs: three layouts of a batch of clips.

A batch of clips is [B, F, ...]. Networks of one frame take a batch of frames, [B * F, ...].
Whatever compares two frames takes a batch of pairs, [B * 2 * S, ...]. A clip of F frames has one
target (the middle frame, or the first of two) and S = F - 1 sources. The pairs of a clip are first
target -> every source, then every source -> target.
"""

from keras import ops


def as_frames(clips):
    """[B, F, ...] -> [B * F, ...]."""
    return ops.reshape(clips, (-1, *clips.shape[2:]))


def as_clips(frames, num_frames: int):
    """[B * F, ...] -> [B, F, ...]. Inverse of `as_frames`."""
    return ops.reshape(frames, (-1, num_frames, *frames.shape[1:]))


def reduced(clips, factor: int):
    """Area-resizes clips [B, F, H, W, C] to 1 / `factor`."""
    if factor == 1:
        return clips
    pooled = ops.average_pool(as_frames(clips), factor, strides=factor)
    return as_clips(pooled, clips.shape[1])


def target_index(num_frames: int) -> int:
    """The index of the target in the clip."""
    return (num_frames - 1) // 2


def source_indices(num_frames: int) -> list[int]:
    """The indices of the sources in the clip."""
    return [i for i in range(num_frames) if i != target_index(num_frames)]


def first_frames(frames):
    """The first frame of each pair: frames [B, F, ...] -> [B * 2 * S, ...]."""
    sources = source_indices(frames.shape[1])
    return _pick(frames, [target_index(frames.shape[1])] * len(sources) + sources)


def second_frames(frames):
    """The second frame of each pair: frames [B, F, ...] -> [B * 2 * S, ...]."""
    sources = source_indices(frames.shape[1])
    return _pick(frames, sources + [target_index(frames.shape[1])] * len(sources))


def motions_of_pairs(motions):
    """Reorders the pose network's motions [B, S, 2, 6] like the pairs: [B * 2 * S, 6]."""
    return ops.reshape(ops.transpose(motions, (0, 2, 1, 3)), (-1, 6))


def opposite(pairs, num_frames: int):
    """Replaces each pair's value by the value of the same two frames in the other direction."""
    by_direction = ops.reshape(pairs, (-1, 2, num_frames - 1, *pairs.shape[1:]))
    return ops.reshape(ops.flip(by_direction, axis=1), (-1, *pairs.shape[1:]))


def repeat_for_pairs(per_clip, num_frames: int):
    """Repeats each clip's value [B, ...] for all of its pairs: [B * 2 * S, ...]."""
    return ops.repeat(per_clip, 2 * (num_frames - 1), axis=0)


def _pick(frames, indices: list[int]):
    picked = ops.take(frames, ops.convert_to_tensor(indices, "int32"), axis=1)
    return ops.reshape(picked, (-1, *frames.shape[2:]))
