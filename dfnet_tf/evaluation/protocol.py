"""Runs a predictor over data with truth and says how good it is, beside a trivial answer.

Every `evaluate_*` returns a dictionary of plain numbers, strings and lists (JSON takes it as is):

| key         | holds                                                                        |
|-------------|------------------------------------------------------------------------------|
| task        | "depth", "flow" or "odometry"                                                |
| num_samples | {group: how many samples the group's averages are of}                        |
| ours        | {group: {metric: average}} of the predictor                                  |
| trivial     | the same of an answer that needs no network, judged in the same pass         |
| samples     | [{"name", "ours": {group: {metric: value}}, "trivial": ...}], each by itself |

A group is one way of judging: a range of depth, a kind of truth, snippets or trajectories.
"""

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.evaluation import depth_metrics, flow_metrics, pose_metrics

SNIPPET = 5  # Frames.
POSE_ERRORS = {
    "snippet": pose_metrics.snippet_errors,
    "trajectory": pose_metrics.trajectory_errors,
}
POSE_AVERAGES = {
    "snippet": pose_metrics.average_snippets,
    "trajectory": pose_metrics.average_trajectories,
}
# DF-Net's own numbers, {task: {column: {group: {metric: value}}}}. "paper": its tables (ECCV 2018),
# on KITTI's Eigen split and odometry sequences 09 and 10. "released": measured with its released
# weights, flow on all pixels of the KITTI 2012 and 2015 training sets.
PUBLISHED = {
    "depth": {
        column: {"80m": dict(zip(depth_metrics.METRICS, values, strict=True))}
        for column, values in {
            "paper K": (0.150, 1.124, 5.507, 0.223, 0.806, 0.933, 0.973),
            "paper CS+K": (0.146, 1.182, 5.215, 0.213, 0.818, 0.943, 0.978),
            "released": (0.1452, 1.2904, 5.6115, 0.2194, 0.8114, 0.9394, 0.9767),
        }.items()
    },
    "flow": {
        "released 2012": {"occ": {"epe": 3.11}},
        "released 2015": {"occ": {"epe": 7.45, "f1_percent": 26.95}},
    },
    "odometry": {
        "paper 09": {"snippet": {"ate": 0.017, "ate_std": 0.007}},
        "paper 10": {"snippet": {"ate": 0.015, "ate_std": 0.009}},
    },
}


def evaluate_depth(
    clips: Iterable[Clip],
    predict_disparity: Callable[[np.ndarray], np.ndarray],
    frames: Iterable[int] | None = None,
    crop: tuple[float, float, float, float] | None = depth_metrics.GARG_CROP,
    caps: tuple[float, ...] = (80, 50),
) -> dict:
    """Judges depth on every frame that has a true depth map, as on KITTI's Eigen split.

    Args:
      clips: frames without true depth are passed over.
      predict_disparity: uint8 RGB image [H, W, 3] -> positive disparity [h, w], of any size.
      frames: which frames of each clip to judge; None: all.
      crop: the part of the image that counts; None: all of it, as for rendered scenes.
      caps: the largest depths that are judged, in metres.

    Returns:
      The module's dictionary, with a group "80m", after per-image median scaling, and a group
      "80m_unscaled" for each cap. The trivial answer is a constant: the image's true median.

    Raises:
      ValueError: there is no truth, or a prediction is not [h, w], finite and positive.
    """
    samples = []
    frames = None if frames is None else set(frames)
    images = [(c, i) for c in clips for i in range(len(c)) if frames is None or i in frames]
    for clip, i in _progress(images, "depth"):
        truth = clip.depth(i)
        if truth is None or not depth_metrics.judged_pixels(truth, max(caps), crop).any():
            continue
        name = _frame_name(clip, i)
        disparity = _checked(predict_disparity(clip.image(i)), (None, None), name)
        if disparity.min() <= 0:
            raise ValueError(f"{name}: expected disparity > 0. Received: {disparity.min()}.")
        depth = depth_metrics.depth_from_disparity(disparity, *truth.shape)
        constant = np.full_like(truth, np.median(truth[truth > 0]))
        ours, trivial = (_depth_errors(d, truth, crop, caps) for d in (depth, constant))
        samples.append({"name": name, "ours": ours, "trivial": trivial})
    if not samples:
        raise ValueError("Expected clips with true depth (depth/*.png). Received: none.")
    return _results("depth", samples, lambda _, errors: depth_metrics.average(errors))


def evaluate_flow(
    pairs: Iterable, predict_flow: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> dict:
    """Judges flow on pairs of images.

    Args:
      pairs: objects with `.name`, `.first()` and `.second()`, uint8 RGB [H, W, 3], and `.truth()`,
        {kind: (flow [H, W, 2], valid [H, W])}; kinds: "noc" (not occluded pixels), "occ" (all).
      predict_flow: (first, second) -> flow [h, w, 2], in pixels of its own size, which is free.

    Returns:
      The module's dictionary; its groups are the kinds of truth. The trivial answer is zero flow.

    Raises:
      ValueError: there is no truth, or a prediction is not [h, w, 2] and finite.
    """
    samples = []
    for pair in _progress(list(pairs), "flow"):
        flow = _checked(predict_flow(pair.first(), pair.second()), (None, None, 2), pair.name)
        sample = {"name": pair.name, "ours": {}, "trivial": {}}
        for kind, (truth, valid) in pair.truth().items():
            if not valid.any():
                continue
            resized = flow_metrics.resized_flow(flow, *truth.shape[:2])
            sample["ours"][kind] = flow_metrics.flow_errors(resized, truth, valid)
            sample["trivial"][kind] = flow_metrics.flow_errors(0 * resized, truth, valid)
        samples.append(sample)
    if not any(sample["ours"] for sample in samples):
        raise ValueError("Expected image pairs with true flow. Received: none.")
    return _results("flow", samples, lambda _, errors: flow_metrics.average(errors))


def evaluate_odometry(
    clips: Iterable[Clip], predict_snippet: Callable[[list[np.ndarray]], np.ndarray]
) -> dict:
    """Judges camera motion on 5-frame snippets and on the trajectories they join up to.

    Args:
      clips: those without poses, or of fewer than 5 frames, are passed over.
      predict_snippet: 5 uint8 RGB images -> camera-to-first poses [5, 4, 4], of any scale.

    Returns:
      The module's dictionary with groups "snippet" and "trajectory", and "trajectories", {clip:
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
        for start in _progress(range(len(clip) - SNIPPET + 1), f"odometry {clip.folder.name}"):
            name = _frame_name(clip, start)
            images = [clip.image(i) for i in range(start, start + SNIPPET)]
            snippet = _checked(predict_snippet(images), (SNIPPET, 4, 4), name)
            part = truth[start : start + SNIPPET]
            samples.append(_judged_poses("snippet", name, snippet, part))
            snippets.append(snippet)
        trajectory, name = pose_metrics.chain(np.stack(snippets)), clip.folder.name
        samples.append(_judged_poses("trajectory", name, trajectory, truth))
        trajectories[name] = _centres(trajectory, truth)
    if not samples:
        raise ValueError("Expected clips with poses.txt and 5 or more frames. Received: none.")
    results = _results("odometry", samples, lambda group, errors: POSE_AVERAGES[group](errors))
    return {**results, "trajectories": trajectories}


def table(results: dict) -> str:
    """Renders what an `evaluate_*` returned as aligned text, beside `PUBLISHED`, one row a metric.

    "-" stands for what was not measured or not published.
    """
    columns = {"ours": results["ours"], "trivial": results["trivial"]}
    columns |= PUBLISHED[results["task"]]
    lines = [f"{results['task']:<24}" + "".join(f"{name:>15}" for name in columns)]
    for group, metrics in results["ours"].items():
        lines.append(f"{group} ({results['num_samples'][group]} samples)")
        for metric in metrics:
            values = (column.get(group, {}).get(metric) for column in columns.values())
            cells = ("-" if value is None else f"{value:.4f}" for value in values)
            lines.append(f"  {metric:<22}" + "".join(f"{cell:>15}" for cell in cells))
    lines.append("Published: DF-Net, ECCV 2018, on KITTI's splits; compare on the same data only.")
    return "\n".join(lines)


def _depth_errors(depth, truth, crop, caps):
    """{group: errors} of one image's depth [H, W], scaled and unscaled, up to each cap."""
    groups = {}
    for cap in caps:
        judged = depth_metrics.judged_pixels(truth, cap, crop)
        if judged.any():
            ours, true = depth[judged], truth[judged]
            scaled = ours * depth_metrics.median_scale(ours, true)
            groups[f"{cap:g}m"] = depth_metrics.depth_errors(scaled, true, cap)
            groups[f"{cap:g}m_unscaled"] = depth_metrics.depth_errors(ours, true, cap)
    return groups


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


def _results(task, samples, average):
    """The module's dictionary; `average(group, errors)` averages a list of errors."""
    groups = list(dict.fromkeys(group for sample in samples for group in sample["ours"]))
    results = {"task": task, "num_samples": {}, "ours": {}, "trivial": {}, "samples": samples}
    for group in groups:
        judged = [sample for sample in samples if group in sample["ours"]]
        results["num_samples"][group] = len(judged)
        for who in ("ours", "trivial"):
            results[who][group] = average(group, [sample[who][group] for sample in judged])
    return results


def _checked(prediction, shape, name):
    """`prediction` as float64, or ValueError; None in `shape` stands for any size."""
    prediction = np.asarray(prediction, "float64")  # OpenCV cannot resize half precision.
    fits = prediction.ndim == len(shape) and all(
        wanted in (None, size) for wanted, size in zip(shape, prediction.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name}: expected shape {shape}. Received: {prediction.shape}.")
    bad = np.count_nonzero(~np.isfinite(prediction))
    if bad:
        raise ValueError(f"{name}: expected finite numbers. Received: {bad} that are not.")
    return prediction


def _frame_name(clip, i):
    return f"{clip.folder.name}/{clip.images[i].stem}"


def _progress(items, what: str) -> Iterator:
    """Yields `items`, counting them on one line of the terminal, if stderr is one."""
    for count, item in enumerate(items, start=1):
        yield item
        if sys.stderr.isatty():
            end = "\n" if count == len(items) else ""
            print(f"\r{what}: {count}/{len(items)}", end=end, file=sys.stderr, flush=True)
