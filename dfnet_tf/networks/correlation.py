"""The cost volume: similarity of two feature maps at every small displacement."""

from keras import ops


def correlation(first, second, max_displacement: int, stride: int = 1):
    """Compares `first` with `second` displaced by every (dx, dy) of a square grid.

    cost[b, y, x, (dy, dx)] = mean_c first[b, y, x, c] * second[b, y + dy, x + dx, c]

    (FlowNet, eq. 1, patch size 1, averaged over channels), with zeros outside the image. dy and dx
    run from -max_displacement to max_displacement by `stride` and include 0; dx runs fastest.

    Args:
      first, second: [B, H, W, C].
      max_displacement: in pixels.
      stride: between two displacements, in pixels.

    Returns:
      [B, H, W, D * D], D = 2 * (max_displacement // stride) + 1, in the dtype of `first`.
    """
    if not 1 <= stride <= max_displacement:
        raise ValueError(
            "Expected 1 <= stride <= max_displacement. "
            f"Received: stride={stride}, max_displacement={max_displacement}."
        )
    radius = max_displacement // stride
    if stride == 1:
        return _dense_correlation(first, second, radius)
    height, width = first.shape[1:3]
    cost = _dense_correlation(_phases(first, stride), _phases(second, stride), radius)
    return _interleave(cost, stride)[:, :height, :width]


def _dense_correlation(first, second, radius: int):
    """`correlation` with stride 1."""
    border = [[0, 0], [radius, radius], [radius, radius], [0, 0]]
    return _compare_rows(first / first.shape[-1], ops.pad(second, border))


@ops.custom_gradient
def _compare_rows(first, padded):
    """Correlates `first` [B, H, W, C] with all shifts of `padded` [B, H + 2r, W + 2r, C].

    For each dy, one matmul of whole image rows computes every dx, in a diagonal band. The gradient
    consists of the same two matmuls; automatic differentiation takes 2-3 times as long.
    """
    height = first.shape[1]
    size = padded.shape[1] - height + 1
    columns = ops.swapaxes(padded, 2, 3)
    costs = [
        _band(ops.matmul(first, columns[:, dy : dy + height]), size)  # [B, H, W, size]
        for dy in range(size)
    ]

    def gradient(upstream):
        first_gradient, padded_gradient = 0.0, 0.0
        for dy, cost_gradient in enumerate(ops.split(upstream, size, axis=-1)):
            products = _unband(cost_gradient)  # [B, H, W, W + 2r]
            from_first = ops.matmul(ops.swapaxes(products, 2, 3), first)
            rows = [[0, 0], [dy, size - 1 - dy], [0, 0], [0, 0]]
            padded_gradient = ops.pad(from_first, rows) + padded_gradient
            first_gradient = ops.matmul(products, padded[:, dy : dy + height]) + first_gradient
        return first_gradient, padded_gradient

    return ops.concatenate(costs, axis=-1), gradient


def _band(products, size: int):
    """Cuts [..., x, x : x + size] out of `products` [B, H, W, W + size - 1] -> [B, H, W, size].

    Reshaped to rows that are one element longer, each row starts one element later, and the
    diagonal band becomes columns.
    """
    height, width, padded = products.shape[1:]
    flat = ops.reshape(products, (-1, height, width * padded))
    flat = ops.pad(flat, [[0, 0], [0, 0], [0, width]])
    return ops.reshape(flat, (-1, height, width, padded + 1))[..., :size]


def _unband(band):
    """Puts a band [B, H, W, size] back on the diagonal of zeros [B, H, W, W + size - 1]."""
    height, width, size = band.shape[1:]
    rows = ops.pad(band, [[0, 0], [0, 0], [0, 0], [0, width]])
    flat = ops.reshape(rows, (-1, height, width * (width + size)))[..., :-width]
    return ops.reshape(flat, (-1, height, width, width + size - 1))


def _phases(images, stride: int):
    """Splits [B, H, W, C] by row and column modulo `stride` -> [stride^2 * B, H', W', C].

    A displacement by a multiple of `stride` stays within its phase, so no product is computed in
    vain. Sizes that `stride` does not divide are padded with zeros. Inverse: `_interleave`.
    """
    height, width = images.shape[1:3]
    images = ops.pad(images, [[0, 0], [0, -height % stride], [0, -width % stride], [0, 0]])
    phases = [images[:, y::stride, x::stride] for y in range(stride) for x in range(stride)]
    return ops.concatenate(phases, axis=0)


def _interleave(phases, stride: int):
    """Puts the phases [stride^2 * B, h, w, K] back in place -> [B, stride * h, stride * w, K]."""
    height, width, channels = phases.shape[1:]
    phases = ops.split(phases, stride * stride, axis=0)
    rows = [
        ops.reshape(
            ops.concatenate(phases[y * stride : (y + 1) * stride], axis=-1),
            (-1, height, width * stride, channels),
        )
        for y in range(stride)
    ]
    rows = ops.concatenate(rows, axis=2)  # [B, h, stride * W, K]
    return ops.reshape(rows, (-1, height * stride, width * stride, channels))
