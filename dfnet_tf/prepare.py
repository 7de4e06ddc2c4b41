"""Makes a folder of clips, the input of every other tool, from films, a data set or a renderer.

python -m dfnet_tf.prepare --source=video --input=drive.mp4 --fov_degrees=60 --output=data/drive
python -m dfnet_tf.prepare --source=kitti_raw --input=kitti --width=640 --height=192 --output=data/k
python -m dfnet_tf.prepare --source=synthetic --num_clips=4 --output=data/streets
python -m dfnet_tf.prepare --source=synthetic --world=town --num_clips=900 --num_frames=2 \
  --output=data/towns
python -m dfnet_tf.prepare --source=flying --num_clips=3000 --output=data/flying

If stopped, the same command continues. dataset.json in the output lists what was read, kept and
dropped, and why.
"""

import dataclasses
import functools
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from absl import app, flags

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import image_files, read_rgb
from dfnet_tf.data.preparation import clip_making, given_camera, resumable_work
from dfnet_tf.data.preparation.camera_flags import CameraFlags
from dfnet_tf.data.preparation.given_camera import GivenCamera
from dfnet_tf.data.sources import flying_shapes, synthetic
from dfnet_tf.data.sources.recording import Recording
from dfnet_tf.program import commands, mains, outputs

RENDERED_SIZE = (128, 416)  # Default height and width of rendered clips.
MOST_PICTURES = 100  # Number of texture images kept in memory.


# The flags of all sources that read something, and those of the user's own films.
_READ = ("input", "frame_step", "static_threshold", "min_frames", "most_frames")
_FOOTAGE = ("fov_degrees", "intrinsics", "distortion", "fit")


@dataclasses.dataclass(frozen=True)
class Source:
    """A source of clips.

    Attributes:
      reader: "module:function" of `dfnet_tf.data.sources`, imported only when used. It takes the
        paths of --input and `options`, and returns recordings. "": the clips are rendered.
      options: the flags that belong to this source; the reader gets those that are given.
      is_footage: True for the user's own films, which may contain cuts and broken files.
    """

    reader: str = ""
    options: tuple[str, ...] = ()
    is_footage: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that this source uses and others may not."""
        read = _READ if self.reader else ()
        return (*read, *self.options, *(_FOOTAGE if self.is_footage else ()))


SOURCES = {
    "video": Source("footage:video_recordings", is_footage=True),
    "images": Source("footage:image_recordings", is_footage=True),
    "kitti_raw": Source("kitti:raw_recordings", ("split",)),
    "kitti_odometry": Source("kitti:odometry_recordings", ("sequences",)),
    "cityscapes": Source("cityscapes:recordings", ("split",)),
    "tum_rgbd": Source("tum:recordings"),
    "synthetic": Source(options=("num_clips", "num_frames", "seed", "world", "textures")),
    "flying": Source(options=("num_clips", "seed", "textures")),
}
_ALL_SOURCES = ("height", "width")

_SOURCE = flags.DEFINE_enum(
    "source", None, list(SOURCES), "The kind of source to make clips from.", required=True
)
_INPUT = flags.DEFINE_multi_string(
    "input",
    None,
    "The root folder of the data set; a folder of images, or of such folders; a video or a folder "
    "of videos. --input may be repeated for more videos.",
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder of clips to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the contents of --output.")
_FORMAT = flags.DEFINE_enum(
    "format",
    "clips",
    ["clips", "tfrecord"],
    "clips: a folder of clip folders; tfrecord: the same in a few large files.",
)
_NUM_SHARDS = flags.DEFINE_integer(
    "num_shards", 8, "Number of files for the frames, with --format=tfrecord.", lower_bound=1
)
_WORKERS = flags.DEFINE_integer(
    "workers", os.cpu_count(), "Number of recordings processed in parallel.", lower_bound=1
)
_SPLIT = flags.DEFINE_string(
    "split",
    None,
    "kitti_raw: eigen_train (default; excludes the test scenes of Eigen's depth split and KITTI "
    "flow, and frames in which the car stands) or all. cityscapes: train (default), val, test.",
)
_SEQUENCES = flags.DEFINE_list(
    "sequences", None, "kitti_odometry: for example 00,01,02. Default: all that exist."
)
_CAMERA = CameraFlags()
_HEIGHT = flags.DEFINE_integer(
    "height",
    None,
    "Height of the clips, in pixels. Without --width the aspect ratio stays. With both, the input "
    "is first cropped around its centre to their aspect ratio, and the intrinsics are updated.",
    lower_bound=32,
)
_WIDTH = flags.DEFINE_integer("width", None, "Width of the clips; see --height.", lower_bound=32)
_FIT = flags.DEFINE_enum(
    "fit",
    "crop",
    ["crop", "pad"],
    "With --height and --width: crop the input to their aspect ratio, or show all of it with a "
    "black border, for example for upright films.",
)
_FRAME_STEP = flags.DEFINE_integer("frame_step", 1, "Keep every n-th frame.", lower_bound=1)
_STATIC_THRESHOLD = flags.DEFINE_float(
    "static_threshold",
    0.0,
    "Drop a frame if its mean absolute grey difference to the last kept frame (0 to 255, on a "
    "small blurred copy) is below this value, because the camera stands still. About 1 to 2; 0 "
    "drops only frames that repeat the last one.",
    lower_bound=0.0,
)
_MIN_FRAMES = flags.DEFINE_integer(
    "min_frames", 3, "Drop clips with fewer frames than this.", lower_bound=2
)
_MOST_FRAMES = flags.DEFINE_integer(
    "most_frames",
    0,
    "Keep only about this many frames of a longer recording, in passages that are spread evenly. "
    "0: no limit.",
    lower_bound=0,
)
_NUM_CLIPS = flags.DEFINE_integer("num_clips", 1, "Number of rendered clips.", lower_bound=1)
_TEXTURES = flags.DEFINE_string(
    "textures",
    None,
    "A folder of images; parts of them texture most shapes of --source=flying, and some surfaces "
    "of --world=town and room. Default: all textures are noise.",
)
_WORLD = flags.DEFINE_enum(
    "world",
    "street",
    list(synthetic.WORLDS),
    "What --source=synthetic films. street: boxes beside a straight road, always alike; town: "
    "towns, country roads and motorways, which differ much; room: furnished rooms, with a "
    "hand-held camera.",
)
_NUM_FRAMES = flags.DEFINE_integer("num_frames", 60, "Frames per synthetic clip.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the first rendered clip; the next ones add 1.")


def main() -> None:
    _check_flags()
    output = Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)
    camera = _CAMERA.camera()
    jobs = _recording_jobs(camera) if SOURCES[_SOURCE.value].reader else _rendered_jobs()
    deliver = None if _FORMAT.value == "clips" else _deliver_records
    dataset = resumable_work.produce(jobs, output, _settings(camera), _WORKERS.value, deliver)
    print(_summary(dataset, output))
    for line in _told_notes(dataset):
        print(line, file=sys.stderr)
    learned = "learned" if _CAMERA.is_estimated else None
    run_dir = f"runs/{output.name}"
    train = commands.command("dfnet_tf.train", data=output, run_dir=run_dir, intrinsics=learned)
    print(f"Next: {commands.shown(train)}")


def _check_flags() -> None:
    """Raises UsageError for missing or contradicting flags."""
    source = f"--source={_SOURCE.value}"
    known = SOURCES[_SOURCE.value].flags
    of_any = {name for other in SOURCES.values() for name in other.flags}
    for name in sorted(of_any - set(known)):
        if flags.FLAGS[name].present:
            raise app.UsageError(f"Expected no --{name} with {source}. Received: one.")
    world = synthetic.WORLDS[_WORLD.value]
    if _SOURCE.value == "synthetic" and _TEXTURES.value and not world.takes_pictures:
        raise app.UsageError(f"Expected no --textures with --world={_WORLD.value}. Received: one.")
    if _SOURCE.value == "synthetic" and _NUM_FRAMES.value > world.most_frames:
        raise app.UsageError(
            f"Expected --num_frames of at most {world.most_frames} with --world={_WORLD.value}. "
            f"Received: {_NUM_FRAMES.value}."
        )
    if _FORMAT.value == "clips" and flags.FLAGS["num_shards"].present:
        raise app.UsageError("Expected no --num_shards with --format=clips. Received: one.")
    if "input" in known and not _INPUT.value:
        raise app.UsageError(f"Expected --input with {source}. Received: none.")
    if "input" in known and len(_INPUT.value) > 1 and _SOURCE.value != "video":
        raise app.UsageError(f"Expected one --input with {source}. Received: {len(_INPUT.value)}.")
    given = {"fov_degrees", "intrinsics"} & set(_CAMERA.words)
    if "intrinsics" in known and len(given) != 1:
        received = (
            "both" if given else f"neither; use --intrinsics={given_camera.ESTIMATE} if unknown"
        )
        raise app.UsageError(
            f"Expected one of --fov_degrees and --intrinsics with {source}. Received: {received}."
        )


def _settings(camera: GivenCamera | None) -> dict:
    """The settings that determine the clips, for dataset.json and for resuming."""
    names = (*_ALL_SOURCES, *SOURCES[_SOURCE.value].flags)
    settings = {"source": _SOURCE.value, **{name: flags.FLAGS[name].value for name in names}}
    if "input" in settings:
        settings["input"] = [str(Path(path).absolute()) for path in settings["input"]]
    if camera:
        settings["intrinsics"] = camera.origin  # With the file's numbers, because it may change.
    return settings


def _recordings(source: Source) -> list[Recording]:
    """The recordings that the source's reader finds in --input."""
    module, function = source.reader.split(":")
    read = getattr(importlib.import_module(f"dfnet_tf.data.sources.{module}"), function)
    options = {name: flags.FLAGS[name].value for name in source.options}
    return read(*map(Path, _INPUT.value), **{name: v for name, v in options.items() if v})


def _recording_jobs(camera: GivenCamera | None) -> list[resumable_work.Job]:
    source = SOURCES[_SOURCE.value]
    recordings = _recordings(source)
    settings = clip_making.Settings(
        _HEIGHT.value,
        _WIDTH.value,
        _FRAME_STEP.value,
        _STATIC_THRESHOLD.value,
        _MIN_FRAMES.value,
        _MOST_FRAMES.value,
        camera,
        splits_at_cuts=source.is_footage,
        fit=_FIT.value,
    )
    # In several recordings of a user, broken ones are reported; published data sets have none.
    is_tolerant = len(recordings) > 1 and source.is_footage
    make_clips = clip_making.tolerant_clips if is_tolerant else clip_making.make_clips

    def make(recording: Recording, folder: Path, on_frame: Callable[..., None]) -> dict:
        return make_clips(recording, folder, settings, on_frame)

    return [
        resumable_work.Job(recording.name, recording.num_frames, functools.partial(make, recording))
        for recording in recordings
    ]


def _rendered_jobs() -> list[resumable_work.Job]:
    size = _HEIGHT.value or RENDERED_SIZE[0], _WIDTH.value or RENDERED_SIZE[1]
    is_film = _SOURCE.value == "synthetic"
    num_frames = _NUM_FRAMES.value if is_film else 2
    pictures = _pictures(_TEXTURES.value)

    def make(i: int, folder: Path, on_frame: Callable[..., None]) -> dict:
        name, seed = f"{i:06d}", _SEED.value + i
        on_frame(0)  # Raises if the work should stop.
        if is_film:
            rendered = synthetic.render_clip(seed, num_frames, *size, _WORLD.value, pictures)
            synthetic.write_clip(rendered, folder / name)
            intrinsics = rendered.intrinsics
        else:
            intrinsics = flying_shapes.write_pair(seed, *size, pictures, folder / name)
        on_frame(num_frames)
        entry = clip_making.clip_entry(name, num_frames, size, intrinsics, "the renderer")
        return clip_making.recording_entry(name, num_frames, {}, [entry])

    return [
        resumable_work.Job(f"{i:06d}", num_frames, functools.partial(make, i))
        for i in range(_NUM_CLIPS.value)
    ]


def _pictures(folder: str | None) -> list[np.ndarray]:
    """At most MOST_PICTURES of a folder's images, evenly spaced; [] without a folder."""
    if not folder:
        return []
    files = image_files(Path(folder))
    if not files:
        raise ClipError(f"{folder}: expected a folder of images. Received: none.")
    chosen = np.unique(np.linspace(0, len(files) - 1, MOST_PICTURES).astype(int))
    return [read_rgb(files[number]) for number in chosen]


def _deliver_records(clips: Path, output: Path) -> None:
    from dfnet_tf.data import tfrecord_writer  # Imports TensorFlow.

    tfrecord_writer.write_records(clips, output, _NUM_SHARDS.value)


def _summary(dataset: dict, output: Path) -> str:
    """One line about what was written and dropped."""
    totals = dataset["totals"]
    clips = [clip for recording in dataset["recordings"] for clip in recording["clips"]]
    sizes = sorted({f"{clip['width']}x{clip['height']}" for clip in clips})
    focal = sorted({f"{k[0][0]:.1f} {k[1][1]:.1f}" for k in (clip["intrinsics"] for clip in clips)})
    dropped = resumable_work.listed(totals["dropped"]) or "nothing dropped"
    if totals["unreadable"]:
        dropped += f"; {totals['unreadable']} of {totals['recordings']} recordings are unreadable"
    return (
        f"Wrote {totals['clips']} clip{'s' * (len(clips) > 1)}, {totals['frames_kept']} of "
        f"{totals['frames_read']} frames ({dropped}), {' and '.join(sizes)} pixels, focal length "
        f"{' or '.join(focal[:3])}{' ...' * (len(focal) > 3)}, to {output}."
    )


def _told_notes(dataset: dict) -> list[str]:
    """A line for each note about recordings, with the recordings' names."""
    whose = {}
    for recording in dataset["recordings"]:
        if "error" in recording:
            whose[f"Skipped an unreadable recording: {recording['error']}"] = []
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
