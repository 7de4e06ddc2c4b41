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
    # LiteRT's GPU delegate takes neither a slice that drops an axis nor an index of several axes:
    # x and y keep an axis of one, and `read` looks pixels up in one long list.
    x, y = ops.split(pixels, 2, axis=-1)
    left, right, fraction_x = _neighbours(x, width)
    upper, lower, fraction_y = _neighbours(y, height)
    flat = ops.reshape(images, (-1, channels))
    image_numbers = ops.reshape(ops.arange(ops.shape(images)[0], dtype="int32"), (-1, 1, 1, 1))
    first = image_numbers * (height * width)

    def read(y, x):
        index = ops.reshape(first + y * width + x, (-1,))
        return ops.reshape(ops.take(flat, index, axis=0), (-1, *pixels.shape[1:3], channels))

    fraction_x = ops.cast(fraction_x, images.dtype)
    fraction_y = ops.cast(fraction_y, images.dtype)
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
