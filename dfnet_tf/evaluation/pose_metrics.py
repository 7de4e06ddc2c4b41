"""Errors of camera motion: snippets, whole trajectories, and KITTI's errors.

Poses are camera-to-world matrices [N, 4, 4] in float64. A monocular estimate has no unit of length;
each function states how it handles scale.
"""

import numpy as np

SEGMENT_LENGTHS = (100, 200, 300, 400, 500, 600, 700, 800)  # metres, KITTI's
SEGMENT_STEP = 10  # KITTI starts a segment at every tenth frame.


def snippet_errors(estimate: np.ndarray, truth: np.ndarray) -> dict:
    """Compares the positions of two snippets [N, 4, 4], each relative to its first camera.

    The estimate p is scaled by the factor that brings it closest to the truth q:
    s = sum(p q) / sum(p p).

    Returns:
      A dictionary:

      - rmse: sqrt(sum_i |s p_i - q_i|^2 / N), metres.
      - ate: sqrt(sum_i |s p_i - q_i|^2) / N, metres: N is *outside* the root, so ate is smaller by
        sqrt(N). SfMLearner's program (CVPR 2017) prints this number, so it is the "5-frame ATE" of
        all tables made with it, including DF-Net's.
    """
    p, q = _positions_in_first(estimate), _positions_in_first(truth)
    gap = _best_scale(np.sum(p * q), np.sum(p * p)) * p - q
    length = np.sqrt(np.sum(gap**2))
    return {"ate": float(length / len(p)), "rmse": float(length / np.sqrt(len(p)))}


def average_snippets(snippets: list[dict]) -> dict:
    """The mean of each of the `snippet_errors`, and its standard deviation as `..._std`."""
    summary = {}
    for name in snippets[0]:
        values = [errors[name] for errors in snippets]
        summary[name], summary[f"{name}_std"] = float(np.mean(values)), float(np.std(values))
    return summary


def chain(snippets: np.ndarray) -> np.ndarray:
    """Chains the motions of overlapping snippets to one trajectory.

    Args:
      snippets: [M, 5, 4, 4], camera-to-first poses; each snippet starts one frame after the last.

    Returns:
      [M + 4, 4, 4] camera-to-world poses; the first camera is the world. Each motion comes from the
      snippet with that motion in its middle; at the ends, from the first and last snippet.
    """
    motions = np.linalg.inv(snippets[:, :-1]) @ snippets[:, 1:]  # [M, 4, 4, 4]
    steps = np.concatenate([motions[0, :2], motions[:, 2], motions[-1, 3:]])
    poses = [np.eye(4)]
    for step in steps:
        poses.append(poses[-1] @ step)
    return np.stack(poses)


def similarity(points: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The least-squares Sim(3) from `points` [N, 3] to `targets` [N, 3] (Umeyama, PAMI 1991).

    Returns:
      scale, rotation [3, 3], translation [3]: target = scale * rotation @ point + translation.
    """
    mean_point, mean_target = points.mean(axis=0), targets.mean(axis=0)
    centred_points, centred_targets = points - mean_point, targets - mean_target
    u, singular, vt = np.linalg.svd(centred_targets.T @ centred_points)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])  # A rotation, never a mirror.
    rotation = (u * sign) @ vt
    scale = _best_scale(np.sum(singular * sign), np.sum(centred_points**2))
    return scale, rotation, mean_target - scale * rotation @ mean_point


def aligned(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Moves, rotates and scales poses [N, 4, 4] so that their positions best fit `truth`."""
    scale, rotation, translation = similarity(estimate[:, :3, 3], truth[:, :3, 3])
    poses = estimate.copy()
    poses[:, :3, :3] = rotation @ estimate[:, :3, :3]
    poses[:, :3, 3] = scale * estimate[:, :3, 3] @ rotation.T + translation
    return poses


def trajectory_errors(estimate: np.ndarray, truth: np.ndarray) -> dict:
    """Compares two whole trajectories [N, 4, 4] after the best Sim(3).

    Returns:
      ate_sim3: root mean square distance of positions, metres (Sturm et al., IROS 2012).
      translation_percent, rotation_deg_per_100m: means of `segment_errors`; None without segments.
      num_segments: the number of segments.
    """
    estimate = aligned(estimate, truth)
    gap = estimate[:, :3, 3] - truth[:, :3, 3]
    segments = segment_errors(estimate, truth)
    return {"ate_sim3": float(np.sqrt(np.mean(np.sum(gap**2, axis=-1))))} | _mean(segments)


def average_trajectories(trajectories: list[dict]) -> dict:
    """Averages `trajectory_errors`: ATE over trajectories, KITTI's errors over all segments."""
    summary = {"ate_sim3": float(np.mean([errors["ate_sim3"] for errors in trajectories]))}
    long = [errors for errors in trajectories if errors["num_segments"] > 0]
    weights = [errors["num_segments"] for errors in long]
    for name in ("translation_percent", "rotation_deg_per_100m"):
        values = [errors[name] for errors in long]
        summary[name] = float(np.average(values, weights=weights)) if long else None
    return summary


def segment_errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """KITTI's odometry errors of every segment of 100 to 800 m (Geiger et al., CVPR 2012).

    The estimate must be in metres: align a monocular estimate first, e.g. with `aligned`. A segment
    ends at the first frame *beyond* its length on the true path; both errors are divided by the
    nominal length.

    Returns:
      [S, 3]: length in metres, translation error in %, rotation error in degrees per 100 m. S is 0
      if the path is too short.
    """
    steps = np.linalg.norm(np.diff(truth[:, :3, 3], axis=0), axis=-1)
    distance = np.concatenate([[0.0], np.cumsum(steps)])
    errors = []
    for first in range(0, len(truth), SEGMENT_STEP):
        for length in SEGMENT_LENGTHS:
            last = np.searchsorted(distance, distance[first] + length, side="right")
            if last < len(truth):
                gap = _motion_gap(estimate, truth, first, last)
                shift, angle = np.linalg.norm(gap[:3, 3]), _angle(gap[:3, :3])
                errors.append([length, 100 * shift / length, 100 * np.degrees(angle) / length])
    return np.array(errors).reshape(-1, 3)


def errors_over_distance(segments: np.ndarray) -> list[dict]:
    """Means of `segment_errors` [S, 3] for each length, the shortest first.

    Returns:
      [{length (metres), translation_percent, rotation_deg_per_100m, num_segments}].
    """
    lengths = np.unique(segments[:, 0])
    return [{"length": float(m)} | _mean(segments[segments[:, 0] == m]) for m in lengths]


def _mean(segments):
    """The means of `segment_errors`, None if there are none, and the number of segments."""
    translation, rotation = segments[:, 1:].mean(axis=0).tolist() if len(segments) else (None, None)
    return {
        "translation_percent": translation,
        "rotation_deg_per_100m": rotation,
        "num_segments": len(segments),
    }


def _motion_gap(estimate, truth, first: int, last: int):
    """The motion [4, 4] that leads from the estimated to the true motion between two frames."""
    estimated = np.linalg.inv(estimate[first]) @ estimate[last]
    true = np.linalg.inv(truth[first]) @ truth[last]
    return np.linalg.inv(estimated) @ true


def _angle(rotation):
    """The angle of a rotation [3, 3] in radians."""
    return np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1.0, 1.0))


def _positions_in_first(poses):
    """Camera centres [N, 3] in the first camera's frame."""
    return (np.linalg.inv(poses[0]) @ poses)[:, :3, 3]


def _best_scale(product, square):
    """product / square; 1 for an estimate without motion, which no factor can improve."""
    return float(product / square) if square > 0 else 1.0
