"""Evaluates camera motion as in the papers, beside driving straight ahead."""

from collections.abc import Callable, Iterable

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.evaluation import pose_metrics
from dfnet_tf.evaluation.report import checked, frame_name, summarise
from dfnet_tf.program.progress import progress

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
    clips: Iterable[Clip], predict_snippet: Callable[[list[np.ndarray], np.ndarray], np.ndarray]
) -> dict:
    """Evaluates camera motion on 5-frame snippets and on the trajectories chained from them.

    Args:
      clips: clips without poses, or with fewer than 5 frames, are skipped.
      predict_snippet: (5 uint8 RGB images, intrinsics [3, 3]) -> camera-to-first poses [5, 4, 4],
        of any scale.

    Returns:
      A result (see `report`) with groups "snippet" and "trajectory"; for several clips, also
      "snippet NAME" and "trajectory NAME" for each clip. Two more keys hold {clip: {"ours",
      "trivial", ...}}: "trajectories", also with "truth", are camera centres [N, 3], metres,
      aligned by Sim(3); "error_over_distance": see `pose_metrics.errors_over_distance`. The trivial
      prediction drives straight ahead at constant speed.

    Raises:
      ValueError: there is no truth, or a prediction is not [5, 4, 4] and finite.
    """
    samples, trajectories, distances = {}, {}, {}
    for clip in clips:
        truth, name = clip.poses(), clip.name
        if truth is None or len(clip) < SNIPPET:
            continue
        snippets = _snippets(clip, predict_snippet)
        trajectory = pose_metrics.chain(np.stack(snippets))
        samples[name] = [
            *(
                _judged_poses("snippet", frame_name(clip, i), snippet, truth[i : i + SNIPPET])
                for i, snippet in enumerate(snippets)
            ),
            _judged_poses("trajectory", name, trajectory, truth),
        ]
        trajectories[name], distances[name] = _courses(trajectory, truth)
    if not samples:
        raise ValueError("Expected clips with poses.txt and 5 or more frames. Received: none.")
    courses = {"trajectories": trajectories, "error_over_distance": distances}
    return _summary(samples) | courses


def _snippets(clip, predict_snippet):
    """The predicted poses of all runs of 5 consecutive frames, [5, 4, 4] each."""
    snippets = []
    for start in progress(range(len(clip) - SNIPPET + 1), clip.name, "snippet"):
        images = [clip.image(i) for i in range(start, start + SNIPPET)]
        snippet = predict_snippet(images, clip.intrinsics)
        snippets.append(checked(snippet, (SNIPPET, 4, 4), frame_name(clip, start)))
    return snippets


def _summary(samples):
    """The result for {clip: samples}, all together and, for several clips, also for each clip."""

    def average(group, errors):
        return POSE_AVERAGES[group](errors)

    summary = summarise("odometry", sum(samples.values(), []), average)
    if len(samples) > 1:
        for clip, own in samples.items():
            part = summarise("odometry", own, average)
            for key in ("num_samples", "ours", "trivial"):
                summary[key] |= {f"{group} {clip}": of for group, of in part[key].items()}
    return summary


def _forward_motion(count):
    """Poses [count, 4, 4] of a camera that moves one unit along its axis per frame."""
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 2, 3] = np.arange(count)
    return poses


def _judged_poses(group, name, estimate, truth):
    """A sample of one group: the errors of `estimate` [N, 4, 4] and of pure forward motion."""
    errors = POSE_ERRORS[group]
    trivial = errors(_forward_motion(len(truth)), truth)
    return {"name": name, "ours": {group: errors(estimate, truth)}, "trivial": {group: trivial}}


def _courses(estimate, truth):
    """Camera centres and errors over distance, of the estimate and of pure forward motion."""
    poses = {"ours": estimate, "trivial": _forward_motion(len(truth))}
    poses = {name: pose_metrics.aligned(matrices, truth) for name, matrices in poses.items()}
    segments = {name: pose_metrics.segment_errors(own, truth) for name, own in poses.items()}
    distances = {name: pose_metrics.errors_over_distance(own) for name, own in segments.items()}
    poses["truth"] = truth
    return {name: matrices[:, :3, 3].tolist() for name, matrices in poses.items()}, distances
