"""Evaluates a trained run against ground truth, as in the papers, beside a trivial prediction.

python -m dfnet_tf.evaluate --run_dir=runs/drive --task=depth --data=data/kitti_raw
"""

import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from absl import app, flags

from dfnet_tf.program import frame_numbers, locations, mains, outputs

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_DATA = flags.DEFINE_string(
    "data",
    None,
    "A clip folder or a folder of clips with depth/, flow/, moving/ or poses.txt. For depth also "
    "KITTI raw (Eigen's test split) or Make3D's test set; for flow KITTI, Sintel or Middlebury; "
    "for scene_flow and moving_objects KITTI 2015.",
    required=True,
)
_OUTPUT = flags.DEFINE_string("output", None, "A JSON file for all numbers, also per sample.")
_PICTURES = flags.DEFINE_string(
    "pictures",
    None,
    "A folder for images. Depth and flow: the 3 best and 3 worst samples; odometry: each clip's "
    "trajectory and its error over distance.",
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the outputs if they exist.")
_FRAMES = flags.DEFINE_string(
    "frames", None, "Depth: the frames of each clip to evaluate, `first:end` (end excluded)."
)
_CROP = flags.DEFINE_enum(
    "crop",
    None,
    ["garg", "none"],
    "Depth: the part of the image to evaluate. Default: garg for clips and KITTI, none for "
    "improved depth and Make3D.",
)
_IMPROVED_DEPTH = flags.DEFINE_string(
    "improved_depth",
    None,
    "Depth: KITTI's data_depth_annotated, as ground truth of the raw images instead of velodyne.",
)
_SUBMISSION = flags.DEFINE_string(
    "submission",
    None,
    "Flow: do not evaluate; write the flow of a test set (KITTI, Sintel) to this folder, for the "
    "benchmark's server.",
)
_HEIGHT = flags.DEFINE_integer(
    "height", None, "Flow: height of the network's input images, in pixels.", lower_bound=1
)
_WIDTH = flags.DEFINE_integer(
    "width", None, "Flow: width of the network's input images, in pixels.", lower_bound=1
)

_NETWORKS = {  # The networks that a task needs.
    "depth": ("depth_net",),
    "flow": ("flow_net",),
    "odometry": ("pose_net",),
    "scene_flow": ("depth_net", "pose_net", "flow_net"),
    "moving_objects": ("depth_net", "pose_net", "flow_net"),
}
_ONLY_FOR = {  # The tasks that use these flags; other tasks refuse them.
    "pictures": ("depth", "flow", "odometry"),
    "frames": ("depth",),
    "crop": ("depth",),
    "improved_depth": ("depth",),
    "submission": ("flow",),
    "height": ("flow",),
    "width": ("flow",),
}


def main() -> None:
    _check_flags()
    for output in (_OUTPUT.value, _PICTURES.value, _SUBMISSION.value):
        if output:
            outputs.refuse_existing(Path(output), _OVERWRITE.value)

    mains.load_tensorflow()
    from dfnet_tf.prediction.predictor import (
        Predictor,
    )
    from dfnet_tf.training import checkpoints

    flow_size = (_HEIGHT.value, _WIDTH.value) if _HEIGHT.value else None
    model = checkpoints.load_trained(locations.run_folder(_RUN_DIR.value), _NETWORKS[_TASK.value])
    predictor = Predictor(model, flow_size)
    if _SUBMISSION.value:
        _write_submission(predictor, Path(_SUBMISSION.value))
    else:
        _measure(predictor)


def _check_flags() -> None:
    """Raises UsageError for flags that contradict the task or each other."""
    for name, tasks in _ONLY_FOR.items():
        if _TASK.value not in tasks and flags.FLAGS[name].present:
            raise app.UsageError(f"Expected no --{name} with --task={_TASK.value}. Received: one.")
    if (_HEIGHT.value is None) != (_WIDTH.value is None):
        raise app.UsageError("Expected --height and --width together. Received: one of them.")
    if _SUBMISSION.value and (_OUTPUT.value or _PICTURES.value):
        raise app.UsageError(
            "Expected no --output or --pictures with --submission, which evaluates nothing. "
            "Received: one."
        )
    _frames()


def _frames() -> range | None:
    return (
        frame_numbers.parsed_range("frames", _FRAMES.value) if _FRAMES.value is not None else None
    )


def _measure(predictor) -> None:
    """Runs the protocol of the task; prints its table, writes numbers and images."""
    from dfnet_tf.data.files.image_files import write_rgb
    from dfnet_tf.evaluation import report

    results, pictures = _TASKS[_TASK.value](predictor)
    print(report.table(results))
    if _OUTPUT.value:
        with outputs.whole_file(Path(_OUTPUT.value)) as path:
            path.write_text(json.dumps(results, indent=1))
    if _PICTURES.value:
        with outputs.whole_folder(Path(_PICTURES.value)) as folder:
            for name, picture in pictures:
                write_rgb(folder / name, picture)


def _write_submission(predictor, folder: Path) -> None:
    from dfnet_tf.data.truth import flow_pairs
    from dfnet_tf.evaluation import flow_protocol

    pairs = flow_pairs.read_test_pairs(_DATA.value)
    with outputs.whole_folder(folder) as new:
        flow_protocol.write_submission(pairs, predictor.flow, new)
    print(f"Wrote the flow of {len(pairs)} pairs to {folder}.")


# The tasks. Each function runs a protocol and returns its results, in the form that
# `evaluation.report` describes, and its lazily drawn images, (file name, uint8 RGB image).


def _depth(predictor) -> tuple[dict, Iterable]:
    from dfnet_tf.data.truth import depth_samples
    from dfnet_tf.evaluation import depth_metrics, depth_protocol, error_pictures

    benchmark = depth_samples.read_depth_samples(_DATA.value, _IMPROVED_DEPTH.value, _frames())
    for note in depth_protocol.missing_note(benchmark):
        print(note, file=sys.stderr)  # First: the evaluation may take long.
    rules = depth_protocol.RULES[benchmark.name]
    if _CROP.value:
        crop = depth_metrics.GARG_CROP if _CROP.value == "garg" else None
        rules = dataclasses.replace(rules, crop=crop)
    results = depth_protocol.evaluate_benchmark(benchmark, predictor.disparity, rules)
    samples = benchmark.samples
    return results, error_pictures.depth_pictures(results, samples, predictor.disparity)


def _flow(predictor) -> tuple[dict, Iterable]:
    from dfnet_tf.data.truth import flow_pairs
    from dfnet_tf.evaluation import error_pictures, flow_protocol

    pairs = flow_pairs.read_flow_pairs(_DATA.value)
    results = flow_protocol.evaluate_flow(pairs, predictor.flow)
    return results, error_pictures.flow_pictures(results, pairs, predictor.flow)


def _odometry(predictor) -> tuple[dict, Iterable]:
    from dfnet_tf.data.clips import camera_doubts, read_clips
    from dfnet_tf.evaluation import error_pictures, odometry_protocol

    clips = read_clips(_DATA.value)
    if doubts := camera_doubts(clips):
        print(doubts, file=sys.stderr)
    results = odometry_protocol.evaluate_odometry(clips, predictor.snippet)
    return results, error_pictures.odometry_pictures(results)


def _scene_flow(predictor) -> tuple[dict, Iterable]:
    from dfnet_tf.data.truth import scene_flow_pairs
    from dfnet_tf.evaluation import scene_flow_protocol

    pairs = scene_flow_pairs.read_scene_flow_pairs(_DATA.value)
    predictors = predictor.disparity, predictor.flow, predictor.frame_from_next
    return scene_flow_protocol.evaluate_scene_flow(pairs, *predictors), ()


def _moving_objects(predictor) -> tuple[dict, Iterable]:
    from dfnet_tf.data.truth import scene_flow_pairs
    from dfnet_tf.evaluation import moving_protocol

    pairs = scene_flow_pairs.read_moving_pairs(_DATA.value)
    predictors = predictor.disparity, predictor.flow, predictor.frame_from_next
    return moving_protocol.evaluate_moving(pairs, *predictors), ()


_TASKS = {
    "depth": _depth,
    "flow": _flow,
    "odometry": _odometry,
    "scene_flow": _scene_flow,
    "moving_objects": _moving_objects,
}
_TASK = flags.DEFINE_enum("task", None, list(_TASKS), "What to evaluate.", required=True)


if __name__ == "__main__":
    mains.run(main)
