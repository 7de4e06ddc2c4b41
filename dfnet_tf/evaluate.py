"""Measures a trained run against the truth, as the papers do, beside a trivial answer.

python -m dfnet_tf.evaluate --run_dir=runs/drive --task=depth --data=data/kitti_eigen_test
"""

import json
from pathlib import Path

from absl import app, flags

from dfnet_tf import mains, outputs

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_TASK = flags.DEFINE_enum(
    "task", None, ["depth", "flow", "odometry"], "What to measure.", required=True
)
_DATA = flags.DEFINE_string(
    "data",
    None,
    "A clip folder or a folder of clips with depth/, flow/ or poses.txt; for flow also KITTI's own "
    "folders of image pairs.",
    required=True,
)
_OUTPUT = flags.DEFINE_string("output", None, "A JSON file for all numbers, also per sample.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace --output if it exists.")
_FRAMES = flags.DEFINE_string(
    "frames", None, "Depth: which frames of each clip to judge, `first:end` (end not included)."
)
_CROP = flags.DEFINE_enum(
    "crop", "garg", ["garg", "none"], "Depth: the part of the picture that counts."
)

_OF_DEPTH = ("frames", "crop")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    for name in _OF_DEPTH:
        if _TASK.value != "depth" and flags.FLAGS[name].present:
            raise app.UsageError(f"Expected no --{name} with --task={_TASK.value}. Received: one.")
    frames = _frames()
    if _OUTPUT.value:
        outputs.refuse_existing(Path(_OUTPUT.value), _OVERWRITE.value)

    from dfnet_tf.evaluation import report  # After the flags: TensorFlow takes seconds.
    from dfnet_tf.inference import Predictor
    from dfnet_tf.training import checkpoints

    results = _evaluate(Predictor(checkpoints.load_trained(Path(_RUN_DIR.value))), frames)
    print(report.table(results))
    if _OUTPUT.value:
        with outputs.whole_file(Path(_OUTPUT.value)) as path:
            path.write_text(json.dumps(results, indent=1))


def _evaluate(predictor, frames: range | None) -> dict:
    """Runs the protocol of the task."""
    from dfnet_tf.data import clip, flow_pairs
    from dfnet_tf.evaluation import (
        depth_metrics,
        depth_protocol,
        flow_protocol,
        odometry_protocol,
    )

    if _TASK.value == "flow":
        return flow_protocol.evaluate_flow(flow_pairs.read_flow_pairs(_DATA.value), predictor.flow)
    clips = clip.read_clips(_DATA.value)
    if _TASK.value == "odometry":
        return odometry_protocol.evaluate_odometry(clips, predictor.snippet)
    crop = depth_metrics.GARG_CROP if _CROP.value == "garg" else None
    return depth_protocol.evaluate_depth(clips, predictor.disparity, frames=frames, crop=crop)


def _frames() -> range | None:
    """The frames that --frames names; raises UsageError for anything but `first:end`."""
    if _FRAMES.value is None:
        return None
    first, colon, end = _FRAMES.value.partition(":")
    if not (colon and first.isdigit() and end.isdigit() and int(first) < int(end)):
        raise app.UsageError(f"Expected --frames=first:end. Received: {_FRAMES.value}.")
    return range(int(first), int(end))


if __name__ == "__main__":
    mains.run(main)
