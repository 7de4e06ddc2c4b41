"""Makes a folder of clips, which every other tool accepts, of film, of a data set or of a seed.

python -m dfnet_tf.prepare --source=video --input=drive.mp4 --fov_degrees=60 --output=data/drive
python -m dfnet_tf.prepare --source=kitti_raw --input=kitti --width=640 --height=192 --output=data/k
python -m dfnet_tf.prepare --source=synthetic --num_clips=4 --output=data/streets

Stopped half-way, the same command goes on where it was. dataset.json in the output says what was
read, kept and dropped, and why.
"""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

from absl import app, flags

from dfnet_tf import mains, outputs
from dfnet_tf.data import given_camera, preparation, production, synthetic
from dfnet_tf.data.given_camera import GivenCamera
from dfnet_tf.data.recording import Recording

SYNTHETIC_SIZE = (128, 416)  # Height and width of synthetic clips where nothing else is asked for.
ESTIMATE = "estimate"

# The sources, and the flags that only some of them know.
_THINNING = ("input", "frame_step", "static_threshold", "min_frames")
_FLAGS_OF = {
    "video": (*_THINNING, "fov_degrees", "intrinsics", "fit"),
    "images": (*_THINNING, "fov_degrees", "intrinsics", "fit"),
    "kitti_raw": (*_THINNING, "split"),
    "kitti_odometry": (*_THINNING, "sequences"),
    "cityscapes": (*_THINNING, "split"),
    "tum_rgbd": _THINNING,
    "synthetic": ("num_clips", "num_frames", "seed"),
}
_ALL_SOURCES = ("height", "width")

_SOURCE = flags.DEFINE_enum(
    "source", None, list(_FLAGS_OF), "What to make clips from.", required=True
)
_INPUT = flags.DEFINE_multi_string(
    "input",
    None,
    "The root folder of the data set; a folder of images, or of such folders; a video or a folder "
    "of videos, and again --input for each more.",
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder of clips to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace what --output holds.")
_FORMAT = flags.DEFINE_enum(
    "format",
    "clips",
    ["clips", "tfrecord"],
    "clips: a folder of clip folders; tfrecord: the same in a few large files.",
)
_NUM_SHARDS = flags.DEFINE_integer(
    "num_shards", 8, "Files to spread the frames over, with --format=tfrecord.", lower_bound=1
)
_WORKERS = flags.DEFINE_integer(
    "workers", os.cpu_count(), "Recordings to work on at a time.", lower_bound=1
)
_SPLIT = flags.DEFINE_string(
    "split",
    None,
    "kitti_raw: eigen_train (default; without the test scenes of Eigen's depth and KITTI's flow, "
    "nor frames in which the car stands) or all. cityscapes: train (default), val, test.",
)
_SEQUENCES = flags.DEFINE_list(
    "sequences", None, "kitti_odometry: such as 00,01,02; all that are there if left out."
)
_FOV = flags.DEFINE_float(
    "fov_degrees",
    None,
    "Horizontal field of view of the input, in degrees; the optical axis is its centre.",
    lower_bound=1.0,
    upper_bound=179.0,
)
_INTRINSICS = flags.DEFINE_string(
    "intrinsics",
    None,
    "Text file of 3x3 intrinsics, in pixels of the input's own size; or `estimate`: nothing is "
    "known, the clips get a first guess, and training is to learn them.",
)
_HEIGHT = flags.DEFINE_integer(
    "height",
    None,
    "Height of the clips, in pixels. Without --width the aspect stays. With both, the input is "
    "first cropped about its centre to their aspect; the intrinsics move along.",
    lower_bound=32,
)
_WIDTH = flags.DEFINE_integer("width", None, "Width of the clips; see --height.", lower_bound=32)
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ["crop", "pad"],
    "With --height and --width: crop the input to their aspect, or show all of it in a black "
    "border, as of a film held upright.",
)
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Keep every n-th frame.", lower_bound=1)
_STATIC_THRESHOLD = flags.DEFINE_float(
    "static_threshold",
    0.0,
    "Drop a frame whose mean absolute grey difference (0 to 255, on a small blurred copy) to the "
    "last kept frame is below this: the camera stands still. About 1 to 2; 0 drops only frames "
    "that repeat the last one.",
    lower_bound=0.0,
)
_MIN_FRAMES = flags.DEFINE_integer(
    "min_frames", 3, "Drop clips of fewer frames: no training window fits in.", lower_bound=2
)
_NUM_CLIPS = flags.DEFINE_integer("num_clips", 1, "Synthetic clips to make.", lower_bound=1)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 60, "Frames a synthetic clip.", lower_bound=2)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the first synthetic clip; +1 for each more.")


def main(argv: list[str]) -> None:
    _check_flags(argv)
    output = Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)
    camera = _camera()
    jobs = _synthetic_jobs() if _SOURCE.value == "synthetic" else _recording_jobs(camera)
    deliver = None if _FORMAT.value == "clips" else _deliver_records
    dataset = production.produce(jobs, output, _settings(camera), _WORKERS.value, deliver)
    print(_summary(dataset, output))
    for line in _told_notes(dataset):
        print(line, file=sys.stderr)
    learned = " --intrinsics=learned" if camera and camera.is_guessed else ""
    print(f"Next: python -m dfnet_tf.train --data={output} --run_dir=runs/{output.name}{learned}")


def _check_flags(argv: list[str]) -> None:
    """Raises UsageError for flags that miss or contradict each other."""
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    source = f"--source={_SOURCE.value}"
    known = _FLAGS_OF[_SOURCE.value]
    for name in sorted({name for names in _FLAGS_OF.values() for name in names} - set(known)):
        if flags.FLAGS[name].present:
            raise app.UsageError(f"Expected no --{name} with {source}. Received: one.")
    if _FORMAT.value == "clips" and flags.FLAGS["num_shards"].present:
        raise app.UsageError("Expected no --num_shards with --format=clips. Received: one.")
    if "input" in known and not _INPUT.value:
        raise app.UsageError(f"Expected --input with {source}. Received: none.")
    if "input" in known and len(_INPUT.value) > 1 and _SOURCE.value != "video":
        raise app.UsageError(f"Expected one --input with {source}. Received: {len(_INPUT.value)}.")
    given = [flag.name for flag in (_FOV, _INTRINSICS) if flag.value is not None]
    if "intrinsics" in known and len(given) != 1:
        received = "both" if given else f"neither; --intrinsics={ESTIMATE} if nothing is known"
        raise app.UsageError(
            f"Expected one of --fov_degrees and --intrinsics with {source}. Received: {received}."
        )


def _camera() -> GivenCamera | None:
    """What the flags say about the camera; None: the source knows it."""
    if _FOV.value is not None:
        return given_camera.from_field_of_view(_FOV.value)
    if _INTRINSICS.value == ESTIMATE:
        return given_camera.guessed()
    return given_camera.from_file(_INTRINSICS.value) if _INTRINSICS.value else None


def _settings(camera: GivenCamera | None) -> dict:
    """What the clips depend on, for dataset.json and for going on with the same."""
    names = (*_ALL_SOURCES, *_FLAGS_OF[_SOURCE.value])
    settings = {"source": _SOURCE.value, **{name: flags.FLAGS[name].value for name in names}}
    if "input" in settings:
        settings["input"] = [str(Path(path).absolute()) for path in settings["input"]]
    if camera:
        settings["intrinsics"] = camera.origin  # With the numbers of the file, which may change.
    return settings


def _recordings() -> list[Recording]:
    """What the source's reader finds in --input. Readers are imported only where they are used."""
    paths = [Path(path) for path in _INPUT.value]
    split = {"split": _SPLIT.value} if _SPLIT.value else {}
    match _SOURCE.value:
        case "video":
            from dfnet_tf.data import footage

            return footage.video_recordings(paths)
        case "images":
            from dfnet_tf.data import footage

            return footage.image_recordings(*paths)
        case "kitti_raw":
            from dfnet_tf.data import kitti

            return kitti.raw_recordings(*paths, **split)
        case "kitti_odometry":
            from dfnet_tf.data import kitti

            return kitti.odometry_recordings(*paths, _SEQUENCES.value)
        case "cityscapes":
            from dfnet_tf.data import cityscapes

            return cityscapes.recordings(*paths, **split)
        case "tum_rgbd":
            from dfnet_tf.data import tum

            return tum.recordings(*paths)


def _recording_jobs(camera: GivenCamera | None) -> list[production.Job]:
    recordings = _recordings()
    settings = preparation.Settings(
        _HEIGHT.value,
        _WIDTH.value,
        _FRAME_STEP.value,
        _STATIC_THRESHOLD.value,
        _MIN_FRAMES.value,
        camera,
        splits_at_cuts=_SOURCE.value in ("video", "images"),
        fit=_FIT.value,
    )
    # Of many recordings of somebody's, a broken one is told; a published data set has none.
    is_tolerant = len(recordings) > 1 and _SOURCE.value in ("video", "images")
    make_clips = preparation.tolerant_clips if is_tolerant else preparation.make_clips

    def make(recording: Recording, folder: Path, on_frame: Callable[..., None]) -> dict:
        return make_clips(recording, folder, settings, on_frame)

    return [
        production.Job(recording.name, recording.num_frames, functools.partial(make, recording))
        for recording in recordings
    ]


def _synthetic_jobs() -> list[production.Job]:
    size = _HEIGHT.value or SYNTHETIC_SIZE[0], _WIDTH.value or SYNTHETIC_SIZE[1]

    def make(i: int, folder: Path, on_frame: Callable[..., None]) -> dict:
        name, num_frames = f"{i:06d}", _NUM_FRAMES.value
        on_frame(0)  # Nothing more is begun once the work is to end.
        rendered = synthetic.render_clip(_SEED.value + i, num_frames, *size)
        synthetic.write_clip(rendered, folder / name)
        on_frame(num_frames)
        entry = preparation.clip_entry(name, num_frames, size, rendered.intrinsics, "the renderer")
        return preparation.recording_entry(name, num_frames, {}, [entry])

    return [
        production.Job(f"{i:06d}", _NUM_FRAMES.value, functools.partial(make, i))
        for i in range(_NUM_CLIPS.value)
    ]


def _deliver_records(clips: Path, output: Path) -> None:
    from dfnet_tf.data import records  # Imports TensorFlow.

    records.write_records(clips, output, _NUM_SHARDS.value)


def _summary(dataset: dict, output: Path) -> str:
    """One line: what was written, and what was not."""
    totals = dataset["totals"]
    clips = [clip for recording in dataset["recordings"] for clip in recording["clips"]]
    sizes = sorted({f"{clip['width']}x{clip['height']}" for clip in clips})
    focal = sorted({f"{k[0][0]:.1f} {k[1][1]:.1f}" for k in (clip["intrinsics"] for clip in clips)})
    dropped = production.told(totals["dropped"]) or "nothing dropped"
    if totals["unreadable"]:
        dropped += f"; {totals['unreadable']} of {totals['recordings']} recordings cannot be read"
    return (
        f"Wrote {totals['clips']} clip{'s' * (len(clips) > 1)}, {totals['frames_kept']} of "
        f"{totals['frames_read']} frames ({dropped}), {' and '.join(sizes)} pixels, focal length "
        f"{' or '.join(focal[:3])}{' ...' * (len(focal) > 3)}, to {output}."
    )


def _told_notes(dataset: dict) -> list[str]:
    """A line for each thing that users should know of recordings, and which these are."""
    whose = {}
    for recording in dataset["recordings"]:
        if "error" in recording:
            whose[f"Passed over, as it cannot be read: {recording['error']}"] = []
        if "note" in recording:
            whose.setdefault(f"Note: {recording['note']}", []).append(recording["name"])
    return [
        f"{line} ({', '.join(names[:3])}{f' and {len(names) - 3} more' * (len(names) > 3)})"
        if names
        else line
        for line, names in whose.items()
    ]


if __name__ == "__main__":
    mains.run(main)
