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


def invert(motion):
    """The inverse [..., 4, 4] of rigid motions: [R t]^-1 = [R^T -R^T t] (array or tensor)."""
    rotation, translation = motion[..., :3, :3], motion[..., :3, 3:]
    inverse_rotation = ops.swapaxes(rotation, -1, -2)
    top = ops.concatenate([inverse_rotation, -inverse_rotation @ translation], axis=-1)
    return ops.concatenate([top, motion[..., 3:, :]], axis=-2)


def transform(points, motion):
    """Moves points [B, H, W, 3] by rigid motions [B, 4, 4]: R p + t."""
    rotated = ops.einsum("bij,bhwj->bhwi", motion[:, :3, :3], points)
    return rotated + motion[:, None, None, :3, 3]
