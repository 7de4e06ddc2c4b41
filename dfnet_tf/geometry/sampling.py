"""Bilinear sampling of images at real-valued pixels."""

from keras import ops


def bilinear_sample(images, pixels):
    """Samples `images` [B, H, W, C] at (x, y) `pixels` [B, h, w, 2].

    Exact at every pixel centre, including the last column and row. Outside, the border's value is
    repeated; the caller masks such pixels with `in_image`.

    Returns:
      [B, h, w, C], in the dtype of `images`. Gradients go to both arguments.
    """
    height, width, channels = images.shape[1:]
    pixels = ops.cast(pixels, "float32")  # bfloat16 cannot count pixels beyond 256.
    left, right, fraction_x = _neighbours(pixels[..., 0], width)
    upper, lower, fraction_y = _neighbours(pixels[..., 1], height)
    flat = ops.reshape(images, (-1, channels))
    first = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None] * (height * width)

    def read(y, x):
        return ops.take(flat, first + y * width + x, axis=0)

    fraction_x = ops.cast(fraction_x, images.dtype)[..., None]
    fraction_y = ops.cast(fraction_y, images.dtype)[..., None]
    above = (1 - fraction_x) * read(upper, left) + fraction_x * read(upper, right)
    below = (1 - fraction_x) * read(lower, left) + fraction_x * read(lower, right)
    return (1 - fraction_y) * above + fraction_y * below


def _neighbours(position, size: int):
    """The integer positions around `position`, clipped to [0, size), and the fraction between."""
    position = ops.clip(position, 0.0, size - 1.0)
    # A NaN casts to an arbitrary integer; these bounds keep it inside the image. (Not `clip`:
    # TFLite's converter turns an integer clip from 0 to 6 into a Relu6 without a kernel.)
    first = ops.maximum(ops.cast(ops.floor(position), "int32"), 0)
    first = ops.minimum(first, max(size - 2, 0))
    second = ops.minimum(first + 1, size - 1)
    return first, second, position - ops.cast(first, "float32")
