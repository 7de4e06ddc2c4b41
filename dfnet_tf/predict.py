"""Predicts depth, flow and motion for an image, a pair, a folder of images, or a video.

python -m dfnet_tf.predict --run_dir=runs/drive --input=drive.mp4 --fov_degrees=60 --output=out
python -m dfnet_tf.predict --run_dir=runs/drive --input=a.png --input=b.png --output=out/pair

Writes to the output folder, with a file for every frame, named by its number in the input:
  depth/ flow/                         images; flow leads to the next frame
  rigid_flow/ object_motion/ moving/   images: the flow of a static world, flow minus rigid flow,
                                       and where they disagree; these need intrinsics
  rotation_flow/ translation_flow/     images: the two parts of rigid flow
  raw/                                 with --raw: numbers, 000000.npz or 16-bit PNGs
  point_clouds/                        with --point_clouds: PLY files, in the first camera's axes
and for all frames together panel.mp4 (for images: panel.png), metadata.json, and the camera's
trajectory as trajectory_kitti.txt, trajectory_tum.txt and trajectory.png, seen from above.
Images have the size of the input, up to 1280 pixels on the longer side.
"""

import contextlib
import sys
from collections.abc import Container
from pathlib import Path

from absl import app, flags

from dfnet_tf.data.preparation import estimated_camera
from dfnet_tf.data.preparation.camera_flags import CameraFlags
from dfnet_tf.prediction import inputs
from dfnet_tf.program import frame_numbers, mains, outputs
from dfnet_tf.program.progress import progress

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_INPUT = flags.DEFINE_multi_string(
    "input",
    None,
    "An image, a folder of images, a clip folder, or a video file; given twice: a pair of images.",
    required=True,
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace --output if it exists.")
_CAMERA = CameraFlags()
_FPS = flags.DEFINE_float(
    "fps",
    None,
    "Frames per second of the input, for the trajectory's times. Default: a film's own time "
    "stamps; those in image names, such as 1305031102.175304.png; otherwise 10.",
    lower_bound=1e-3,
    upper_bound=inputs.FASTEST,
)
_FRAMES = flags.DEFINE_string(
    "frames",
    None,
    "The frames of a film or folder to predict, `first:end` (end excluded). Default: all.",
)
_EVERY = flags.DEFINE_integer(
    "every",
    1,
    "Predict every n-th frame of a film or folder. Flow and motion then lead to the next frame "
    "that is kept.",
    lower_bound=1,
)
_RAW = flags.DEFINE_enum(
    "raw",
    "none",
    ["npz", "png", "none"],
    "Format of the numbers. npz: all arrays, most of them in float16; png: depth and flow in 16 "
    "bits.",
)
_POINT_CLOUDS = flags.DEFINE_string(
    "point_clouds",
    None,
    "Frames of the input that get a point cloud: `first:end:step` (end excluded), or `0,50,100`.",
)
_RERUN = flags.DEFINE_string(
    "rerun",
    None,
    "A file .rrd of frames, depth, points and path for the 3-D viewer Rerun; needs the package "
    "rerun-sdk.",
)
_FILM_DEPTH = flags.DEFINE_bool(
    "film_depth",
    True,
    "For a film with known camera: fuse each frame's depth with neighbouring frames, by flow, "
    "motion and triangulation.",
)
_CAMERA_HEIGHT = flags.DEFINE_float(
    "camera_height",
    None,
    "Height of the camera above the road, in metres: depth, motion and points are then in metres. "
    "For a vehicle's film whose lower middle shows the road.",
    lower_bound=0.01,
)


def main() -> None:
    clouds = _checked_flags()
    output = Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)
    if _RERUN.value is not None:
        outputs.refuse_existing(Path(_RERUN.value), _OVERWRITE.value)
    camera = _CAMERA.camera()
    source = inputs.open_input([Path(path) for path in _INPUT.value], camera, _FPS.value)
    if _CAMERA.is_estimated:
        camera = estimated_camera.found_camera(source.focal_35mm, source.frames())
        source = inputs.with_camera(source, camera)
    if _FRAMES.value is not None or _EVERY.value > 1:
        source = inputs.selected(source, _frames(), _EVERY.value)
    for remark in source.remarks:
        print(f"Note: {remark}.", file=sys.stderr)
    for flag in (_POINT_CLOUDS, _RERUN, _CAMERA_HEIGHT):
        if flag.value and source.intrinsics is None:
            raise ValueError(
                f"Expected --intrinsics or --fov_degrees with --{flag.name}. Received: an input "
                "whose camera is unknown."
            )

    mains.load_tensorflow()
    from dfnet_tf.api import Networks
    from dfnet_tf.prediction.folder import PredictionFolder
    from dfnet_tf.prediction.metric_scale import in_metres
    from dfnet_tf.training import collapse

    networks = Networks(_RUN_DIR.value)
    has_flow = "flow_net" in networks.trained
    film_depth = _FILM_DEPTH.value and has_flow and source.is_film and source.intrinsics is not None
    seen = networks.views(source, film_depth)
    if _CAMERA_HEIGHT.value is not None:
        seen = in_metres(seen, source.intrinsics, _CAMERA_HEIGHT.value)
    with contextlib.ExitStack() as opened:
        folder = opened.enter_context(outputs.whole_folder(output))
        files = PredictionFolder(
            folder, source, _RAW.value, clouds, film_depth, _CAMERA_HEIGHT.value
        )
        writers = [opened.enter_context(files)]
        if _RERUN.value is not None:
            from dfnet_tf.prediction.rerun_file import RerunFile

            writers.append(opened.enter_context(RerunFile(Path(_RERUN.value), source)))
        spreads = []
        for view in progress(seen, "predict", "frame", source.num_frames or None):
            spreads.append(collapse.spread(1.0 / view.depth[..., None]))
            for writer in writers:
                writer.add(view)
    if warning := collapse.doubt(spreads):
        print(warning, file=sys.stderr)
    print(_closing_line(files.num_frames, source, output, has_flow))


def _checked_flags() -> Container[int]:
    """Returns the frames that get a point cloud; raises UsageError for contradicting flags."""
    if len(_INPUT.value) > 2:
        raise app.UsageError(
            f"Expected one --input, or two images. Received: {len(_INPUT.value)} inputs."
        )
    _frames()
    if _POINT_CLOUDS.value is None:
        return ()
    return frame_numbers.parsed_numbers("point_clouds", _POINT_CLOUDS.value)


def _frames() -> range | None:
    return (
        frame_numbers.parsed_range("frames", _FRAMES.value) if _FRAMES.value is not None else None
    )


def _closing_line(num_frames: int, source: inputs.Input, output: Path, has_flow: bool) -> str:
    line = f"Wrote {num_frames} frames to {output}." + inputs.told_gaps(source.times)
    if not has_flow and num_frames > 1:
        return f"{line} The run has no flow network, so only depth was predicted."
    if source.intrinsics is None and num_frames > 1:
        line += (
            " Without --fov_degrees or --intrinsics there is no rigid flow, object motion, moving "
            "mask or scene flow, and the scale may change between frames."
        )
    if source.intrinsics_guessed:
        line += (
            " The intrinsics are a guess, and so are all results that depend on them; "
            "--intrinsics=FILE takes better ones, for example learned by a run."
        )
    return line


if __name__ == "__main__":
    mains.run(main)
