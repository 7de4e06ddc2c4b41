"""Clips, frames and pairs: three ways to lay out a batch of clips.

A batch of clips [B, F, ...] becomes a batch of frames [B * F, ...] for networks of one frame, and a
batch of pairs [B * 2 * S, ...] for whatever compares two. A clip of F frames has one target (the
middle; of two frames the first) and S = F - 1 sources. The pairs of a clip are first target ->
every source, then every source -> target.
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
    """The target's place in the clip."""
    return (num_frames - 1) // 2


def source_indices(num_frames: int) -> list[int]:
    """The sources' places in the clip."""
    return [i for i in range(num_frames) if i != target_index(num_frames)]


def first_frames(frames):
    """Where each pair starts: frames [B, F, ...] -> [B * 2 * S, ...]."""
    sources = source_indices(frames.shape[1])
    return _pick(frames, [target_index(frames.shape[1])] * len(sources) + sources)


def second_frames(frames):
    """Where each pair ends: frames [B, F, ...] -> [B * 2 * S, ...]."""
    sources = source_indices(frames.shape[1])
    return _pick(frames, sources + [target_index(frames.shape[1])] * len(sources))


def motions_of_pairs(motions):
    """The pose network's [B, S, 2, 6] in the order of the pairs, [B * 2 * S, 6]."""
    return ops.reshape(ops.transpose(motions, (0, 2, 1, 3)), (-1, 6))


def opposite(pairs, num_frames: int):
    """Each pair's value replaced by that of the same pair the other way round."""
    by_direction = ops.reshape(pairs, (-1, 2, num_frames - 1, *pairs.shape[1:]))
    return ops.reshape(ops.flip(by_direction, axis=1), (-1, *pairs.shape[1:]))


def least_over_partners(pairs, num_frames: int):
    """For each frame the least of its pairs, by element: [B * 2 * S, ...] -> [B * F, ...].

    The target's over all sources; a source has one partner only. The target comes first.
    """
    by_direction = ops.reshape(pairs, (-1, 2, num_frames - 1, *pairs.shape[1:]))
    target = ops.min(by_direction[:, 0], axis=1, keepdims=True)
    of_frames = ops.concatenate([target, by_direction[:, 1]], axis=1)
    return ops.reshape(of_frames, (-1, *pairs.shape[1:]))


def repeat_for_pairs(per_clip, num_frames: int):
    """A value of each clip [B, ...] for all of its pairs, [B * 2 * S, ...]."""
    return ops.repeat(per_clip, 2 * (num_frames - 1), axis=0)


def _pick(frames, indices: list[int]):
    picked = ops.take(frames, ops.convert_to_tensor(indices, "int32"), axis=1)
    return ops.reshape(picked, (-1, *frames.shape[2:]))
