"""Patchworks: images in which things are not where they usually are."""

from keras import ops

from dfnet_tf.geometry import camera, sampling

NUM_DRAWS = 10  # Per image: zoom and place (x, y) of both parts; size and place of the patch.
MAX_ZOOM = 1.6
SMALLEST_PATCH, LARGEST_PATCH = 0.2, 0.7  # Shares of width and height.


def patchwork(maps, draws):
    """Enlarges a part of each map to full size and pastes a mirrored patch of another part on it.

    In CutMix (Yun et al., ICCV 2019) the patch comes from another image. Here it comes from the
    same image, so it keeps that image's scale. A clip's loss then depends only on that clip,
    however devices share a batch.

    Args:
      maps: [N, H, W, C].
      draws: [N, NUM_DRAWS], uniform in [0, 1). Equal draws cut different maps at the same pixels.

    Returns:
      [N, H, W, C].
    """
    height, width = maps.shape[1:3]
    draws = ops.cast(draws, "float32")[:, None, None]
    last = ops.convert_to_tensor([width - 1, height - 1], "float32")
    place = camera.pixel_grid(height, width)[None] / last  # 0 to 1, from border to border.
    mirrored = ops.stack([1.0 - place[..., 0], place[..., 1]], axis=-1)
    size = SMALLEST_PATCH + (LARGEST_PATCH - SMALLEST_PATCH) * draws[..., 6:8]
    way = place - (1.0 - size) * draws[..., 8:10]
    in_patch = ops.all(ops.logical_and(way >= 0.0, way <= size), axis=-1, keepdims=True)
    part, other = _part(place, draws[..., :3]), _part(mirrored, draws[..., 3:6])
    return sampling.bilinear_sample(maps, ops.where(in_patch, other, part) * last)


def _part(place, draws):
    """Maps `place` in a part to its place in the whole image, [N, H, W, 2]; draws [N, 1, 1, 3]."""
    share = 1.0 / (1.0 + (MAX_ZOOM - 1.0) * draws[..., :1])
    return share * place + (1.0 - share) * draws[..., 1:]
