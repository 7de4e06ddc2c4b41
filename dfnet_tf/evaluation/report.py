"""The result format of all protocols, and its table beside trivial and published numbers.

A result is a dictionary of plain numbers, strings and lists, ready for JSON:

| key         | holds                                                                        |
|-------------|------------------------------------------------------------------------------|
| task        | "depth", "flow", "odometry", ...                                             |
| benchmark   | optional: the name of the benchmark, if `PUBLISHED` has several for the task |
| num_samples | {group: number of samples in the group's averages}                           |
| ours        | {group: {metric: average}} of the predictor                                  |
| trivial     | the same for a prediction without a network, evaluated in the same pass      |
| samples     | [{"name", "ours": {group: {metric: value}}, "trivial": ...}], one per sample |
| notes       | optional: lines to read with the numbers                                     |

A group is a way of evaluating: a range of depth, a kind of truth, snippets or trajectories.
"""

import numpy as np

from dfnet_tf.evaluation import depth_metrics

# {task or benchmark: {column: {group: {metric: value}}}}. "DF-Net": the tables of its paper (Zou,
# Luo, Huang, ECCV 2018), on KITTI's Eigen split, KITTI's training pairs of 2015, the odometry
# sequences 09 and 10, and Make3D. "released": its released weights, flow on all pixels of the KITTI
# 2012 and 2015 training pairs. "Monodepth2": Godard et al., ICCV 2019, trained on monocular video.
PUBLISHED = {
    "depth": {
        column: {"80m": dict(zip(depth_metrics.METRICS[:7], values, strict=True))}
        for column, values in {
            "DF-Net K": (0.150, 1.124, 5.507, 0.223, 0.806, 0.933, 0.973),
            "DF-Net CS+K": (0.146, 1.182, 5.215, 0.213, 0.818, 0.943, 0.978),
            "released": (0.1452, 1.2904, 5.6115, 0.2194, 0.8114, 0.9394, 0.9767),
        }.items()
    },
    "kitti_improved": {},
    "make3d": {
        "DF-Net": {"70m": {"abs_rel": 0.331}},
        "Monodepth2": {"70m": {"abs_rel": 0.322, "sq_rel": 3.589, "rmse": 7.417}},
    },
    "flow": {
        "released 2012": {"occ": {"epe": 3.11}},
        "released 2015": {"occ": {"epe": 7.45, "f1_percent": 26.95}},
        "DF-Net 2015": {"occ": {"epe": 8.98}},
    },
    "odometry": {
        "DF-Net 09": {"snippet": {"ate": 0.017, "ate_std": 0.007}},
        "DF-Net 10": {"snippet": {"ate": 0.015, "ate_std": 0.009}},
    },
}
# Results of later work of the same kind, one number each.
LATER = {
    "depth": "abs_rel, 80m, Eigen split: GeoNet 0.149, Monodepth2 0.115, SC-Depth 0.114, "
    "Lite-Mono 0.107, MonoViT 0.099",
    "flow": "f1_percent, pooled, KITTI 2015's test set: UFlow 11.1, SMURF 6.8",
}


def summarise(task: str, samples: list[dict], average) -> dict:
    """The result for these samples; `average(group, errors)` averages a list of errors."""
    groups = list(dict.fromkeys(group for sample in samples for group in sample["ours"]))
    summary = {"task": task, "num_samples": {}, "ours": {}, "trivial": {}, "samples": samples}
    for group in groups:
        judged = [sample for sample in samples if group in sample["ours"]]
        summary["num_samples"][group] = len(judged)
        for who in ("ours", "trivial"):
            summary[who][group] = average(group, [sample[who][group] for sample in judged])
    return summary


def table(results: dict) -> str:
    """Formats a result as text beside `PUBLISHED`, one row per metric, with its notes below.

    "-" stands for numbers that were not measured or not published.
    """
    published = _published(results)
    columns = {"ours": results["ours"], "trivial": results["trivial"], **published}
    lines = [f"{results['task']:<24}" + "".join(f"{name:>15}" for name in columns)]
    for group, metrics in results["ours"].items():
        lines.append(f"{group} ({results['num_samples'][group]} samples)")
        for metric in metrics:
            values = (column.get(group, {}).get(metric) for column in columns.values())
            cells = ("-" if value is None else f"{value:.4f}" for value in values)
            lines.append(f"  {metric:<22}" + "".join(f"{cell:>15}" for cell in cells))
    lines += results.get("notes", [])
    if published:
        lines.append("Published: on the benchmark's own images; compare on the same data only.")
        if results["task"] in LATER:
            lines.append(f"Later work: {LATER[results['task']]}.")
    return "\n".join(lines)


def _published(results):
    """The published columns with a number for an evaluated group."""
    benchmark = results.get("benchmark")
    columns = PUBLISHED.get(benchmark if benchmark in PUBLISHED else results["task"], {})
    return {name: column for name, column in columns.items() if column.keys() & results["ours"]}


def checked(prediction, shape, name):
    """`prediction` as float64; ValueError if it does not fit. None in `shape` means any size."""
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


def frame_name(clip, i):
    return f"{clip.name}/{clip.images[i].stem}"
