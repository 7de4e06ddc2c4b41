"""What every protocol returns, and how it is printed beside a trivial answer and the papers.

A result is a dictionary of plain numbers, strings and lists (JSON takes it as is):

| key         | holds                                                                        |
|-------------|------------------------------------------------------------------------------|
| task        | "depth", "flow" or "odometry"                                                |
| num_samples | {group: how many samples the group's averages are of}                        |
| ours        | {group: {metric: average}} of the predictor                                  |
| trivial     | the same of an answer that needs no network, judged in the same pass         |
| samples     | [{"name", "ours": {group: {metric: value}}, "trivial": ...}], each by itself |

A group is one way of judging: a range of depth, a kind of truth, snippets or trajectories.
"""

import numpy as np

from dfnet_tf.evaluation import depth_metrics

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


def summarise(task: str, samples: list[dict], average) -> dict:
    """The result of these samples; `average(group, errors)` averages a list of errors."""
    groups = list(dict.fromkeys(group for sample in samples for group in sample["ours"]))
    summary = {"task": task, "num_samples": {}, "ours": {}, "trivial": {}, "samples": samples}
    for group in groups:
        judged = [sample for sample in samples if group in sample["ours"]]
        summary["num_samples"][group] = len(judged)
        for who in ("ours", "trivial"):
            summary[who][group] = average(group, [sample[who][group] for sample in judged])
    return summary


def table(results: dict) -> str:
    """Renders a result as aligned text, beside `PUBLISHED`, one row a metric.

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


def checked(prediction, shape, name):
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


def frame_name(clip, i):
    return f"{clip.folder.name}/{clip.images[i].stem}"
