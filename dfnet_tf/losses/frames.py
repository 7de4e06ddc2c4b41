"""A batch of clips as one larger batch of frames, and back."""

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
