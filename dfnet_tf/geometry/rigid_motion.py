"""Rigid motions of the camera as 4x4 matrices and as six-vectors."""

from keras import ops


def matrix_from_six_vector(motion):
    """Turns (tx, ty, tz, rx, ry, rz) [..., 6] into matrices [..., 4, 4].

    R = Rx(rx) Ry(ry) Rz(rz), radians; the translation is applied after the rotation.
    """
    tx, ty, tz, rx, ry, rz = (motion[..., i] for i in range(6))
    cx, cy, cz = ops.cos(rx), ops.cos(ry), ops.cos(rz)
    sx, sy, sz = ops.sin(rx), ops.sin(ry), ops.sin(rz)
    zero, one = ops.zeros_like(tx), ops.ones_like(tx)
    rows = [
        [cy * cz, -cy * sz, sy, tx],
        [cx * sz + sx * sy * cz, cx * cz - sx * sy * sz, -sx * cy, ty],
        [sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy, tz],
        [zero, zero, zero, one],
    ]
    return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)


def compose(first, second):
    """The product first @ second of rigid motions [..., 4, 4]: `second` comes before `first`.

    Element by element: a GPU's matrix product, in TF32, would be wrong by a milliradian.
    """
    return ops.sum(first[..., :, :, None] * second[..., None, :, :], axis=-2)


def transform(points, motion):
    """Moves points [B, H, W, 3] by rigid motions [B, 4, 4]: R p + t.

    Element by element: a GPU's matrix product, in TF32, would be wrong by tenths of a pixel.
    """
    first, second, third, translation = (motion[:, None, None, :3, i] for i in range(4))
    x, y, z = ops.split(points, 3, axis=-1)
    return x * first + y * second + z * third + translation
