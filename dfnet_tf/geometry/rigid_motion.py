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
    """The product first @ second of rigid motions [..., 4, 4]: `second` is applied first.

    Computed element by element: a GPU's matrix product in TF32 is wrong by a milliradian.
    """
    return ops.sum(first[..., :, :, None] * second[..., None, :, :], axis=-2)


def transform(points, motion):
    """Moves points [B, H, W, 3] by rigid motions [B, 4, 4]: R p + t.

    Computed element by element: a GPU's matrix product in TF32 is wrong by tenths of a pixel.
    """
    first, second, third, translation = (motion[:, None, None, :3, i] for i in range(4))
    x, y, z = ops.split(points, 3, axis=-1)
    return x * first + y * second + z * third + translation


def inverse(motion):
    """The inverse of rigid motions [..., 4, 4]: R^T, -R^T t."""
    turned = ops.swapaxes(motion[..., :3, :3], -1, -2)
    translation = -ops.sum(turned * motion[..., None, :3, 3], axis=-1, keepdims=True)
    return ops.concatenate([ops.concatenate([turned, translation], -1), motion[..., 3:, :]], -2)


def adjoint(motion):
    """The adjoint of M [B, 4, 4], for small motions d = (v, w): M exp(d) = exp(Ad d) M; [B, 6, 6].

    Ad (v, w) = (R v + t x R w, R w).
    """
    rotation, (x, y, z) = motion[:, :3, :3], (motion[:, i, 3] for i in range(3))
    none = ops.zeros_like(x)
    cross = ops.stack(
        [ops.stack(row, -1) for row in ((none, -z, y), (z, none, -x), (-y, x, none))], axis=-2
    )
    upper = ops.concatenate([rotation, compose(cross, rotation)], axis=-1)
    lower = ops.concatenate([ops.zeros_like(rotation), rotation], axis=-1)
    return ops.concatenate([upper, lower], axis=1)


def with_length(motion, length):
    """Scales the translations of motions [B, 4, 4] by `length` [B]."""
    translation = motion[:, :3, 3:] * length[:, None, None]
    upper = ops.concatenate([motion[:, :3, :3], translation], axis=-1)
    return ops.concatenate([upper, motion[:, 3:]], axis=1)
