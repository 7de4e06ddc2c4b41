"""Judges camera motion as the papers do, beside driving straight ahead."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.evaluation import pose_metrics
from dfnet_tf.evaluation.report import checked, frame_name, summarise
from dfnet_tf.progress import progress

SNIPPET = 5  # Frames.
POSE_ERRORS = {
    "snippet": pose_metrics.snippet_errors,
    "trajectory": pose_metrics.trajectory_errors,
}
POSE_AVERAGES = {
    "snippet": pose_metrics.average_snippets,
    "trajectory": pose_metrics.average_trajectories,
}


def evaluate_odometry(
    clips: Iterable[Clip], predict_snippet: Callable[[list[np.ndarray]], np.ndarray]
) -> dict:
    """Judges camera motion on 5-frame snippets and on the trajectories they join up to.

    Args:
      clips: those without poses, or of fewer than 5 frames, are passed over.
      predict_snippet: 5 uint8 RGB images -> camera-to-first poses [5, 4, 4], of any scale.

    Returns:
      A result (see `report`) with groups "snippet" and "trajectory", and "trajectories", {clip:
      {"ours", "trivial", "truth": [N, 3] camera centres, metres, aligned by Sim(3)}}. The trivial
      answer drives straight ahead at constant speed.

    Raises:
      ValueError: there is no truth, or a prediction is not [5, 4, 4] and finite.
    """
    samples, trajectories = [], {}
    for clip in clips:
        truth = clip.poses()
        if truth is None or len(clip) < SNIPPET:
            continue
        snippets = []
        for start in progress(range(len(clip) - SNIPPET + 1), clip.folder.name, "snippet"):
            name = frame_name(clip, start)
            images = [clip.image(i) for i in range(start, start + SNIPPET)]
            snippet = checked(predict_snippet(images), (SNIPPET, 4, 4), name)
            part = truth[start : start + SNIPPET]
            samples.append(_judged_poses("snippet", name, snippet, part))
            snippets.append(snippet)
        trajectory, name = pose_metrics.chain(np.stack(snippets)), clip.folder.name
        samples.append(_judged_poses("trajectory", name, trajectory, truth))
        trajectories[name] = _centres(trajectory, truth)
    if not samples:
        raise ValueError("Expected clips with poses.txt and 5 or more frames. Received: none.")
    summary = summarise("odometry", samples, lambda group, errors: POSE_AVERAGES[group](errors))
    return {**summary, "trajectories": trajectories}


def _forward_motion(count):
    """Poses [count, 4, 4] of a camera that moves one unit along its axis from frame to frame."""
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 2, 3] = np.arange(count)
    return poses


def _judged_poses(group, name, estimate, truth):
    """A sample of one group: the errors of `estimate` [N, 4, 4] and of pure forward motion."""
    errors = POSE_ERRORS[group]
    trivial = errors(_forward_motion(len(truth)), truth)
    return {"name": name, "ours": {group: errors(estimate, truth)}, "trivial": {group: trivial}}


def _centres(estimate, truth):
    """Camera centres as lists: the estimate and pure forward motion, aligned, and the truth."""
    forward = pose_metrics.aligned(_forward_motion(len(truth)), truth)
    poses = {"ours": pose_metrics.aligned(estimate, truth), "trivial": forward, "truth": truth}
    return {name: matrices[:, :3, 3].tolist() for name, matrices in poses.items()}
