"""Reads users' own video files and folders of images, whose camera is unknown."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.film_files import VIDEO_TYPES, VideoError, frame_interval
from dfnet_tf.data.files.image_files import IMAGE_TYPES, image_files
from dfnet_tf.data.files.lens_metadata import film_focal_35mm, photograph_focal_35mm
from dfnet_tf.data.files.natural_order import natural_key
from dfnet_tf.data.files.video import VideoReader
from dfnet_tf.data.sources.image_frames import read_frames
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

# Photograph formats of phones and cameras, which are not supported here.
PHOTOGRAPHS = (".heic", ".heif", ".avif", ".dng", ".cr2", ".cr3", ".nef", ".arw")

# Names of folders with derived images, such as depth or masks, which are not recordings.
NO_PICTURES = re.compile(
    r"(.*[_-])?(depths?|disp(arity|arities)?|masks?|flows?|moving|labels?|segmentations?|semantics?"
    r"|instances?|normals|annotations?|gt|ground_?truth)([_-]?(\d+|left|right|maps?|images?|png|raw))?",
    re.IGNORECASE,
)

# Intervals between frames, as shares of the usual interval. Shorter ones repeat a moment or belong
# to a burst; frames with longer ones are no neighbours.
NEAREST, FARTHEST = 0.75, 3.0


def video_recordings(*paths: str | Path) -> list[Recording]:
    """One recording for each video file, or each video in a folder, named after the files.

    `num_frames` is the container's count, sometimes an estimate: see `VideoReader`. If one of
    several files cannot be opened, the `read` of its recording raises the error.

    Raises:
      VideoError: the only file cannot be opened, a folder has no videos, or a path does not exist.
    """
    files = [file for path in paths for file in _video_files(Path(path))]
    names = _folder_names([file.stem for file in files])
    return [
        _video_recording(name, file, is_alone=len(files) == 1)
        for name, file in zip(names, files, strict=True)
    ]


def _video_recording(name: str, file: Path, is_alone: bool) -> Recording:
    num_frames, note, focal_35mm = 0, "", None
    try:
        with VideoReader(file) as video:
            num_frames, note = video.num_frames, "; ".join(video.remarks)
        focal_35mm = film_focal_35mm(file)
    except VideoError:
        if is_alone:
            raise
    read = functools.partial(_read_video, file)
    return Recording(name, num_frames, None, read, note=note, focal_35mm=focal_35mm)


def image_recordings(folder: str | Path) -> list[Recording]:
    """One recording for the images in a folder or, if it has none, for each folder in it.

    Images are in the natural order of their names: 2 before 10. Folders named like depth or masks
    are left out, with a note in the other recordings. In a clip folder, only images/ is read.

    Raises:
      ClipError: neither the folder nor a folder in it has images.
    """
    folder = Path(folder)
    images, others = _folders_of_images(folder)
    if not images:
        raise ClipError(
            f"{folder}: expected a folder of images ({', '.join(IMAGE_TYPES)}), or of folders of "
            f"images. Received: {_told_content(folder)}."
        )
    notes = [f"left out, because not photographic: {', '.join(others)}"] if others else []
    photographs = sum(_is_photograph(file) for path in images for file in path.iterdir())
    if photographs:
        notes.append(f"left out: {photographs} HEIC or raw photographs; convert them to JPEG")
    note = "; ".join(notes)
    places = [path.resolve() for path in images]  # drive/images, as in a clip, is named drive.
    names = _folder_names([(p.parent if p.name == "images" else p).name for p in places])
    return [
        Recording(
            name,
            len(files),
            None,
            functools.partial(read_frames, files),
            note=note,
            focal_35mm=photograph_focal_35mm(files[0]),
        )
        for name, files in zip(names, images.values(), strict=True)
    ]


def _folders_of_images(folder: Path) -> tuple[dict[Path, list[Path]], list[str]]:
    """The images of each folder that is a recording, and the names of the folders left out."""
    if files := images_in_order(folder):
        return {folder: files}, []
    folders = sorted(folder.glob("[!.]*/"), key=natural_key)
    images = {path: files for path in folders if (files := images_in_order(path))}
    left_out = [path for path in images if NO_PICTURES.fullmatch(path.name)]
    if folder / "images" in images:  # A clip folder: the other folders hold its ground truth.
        left_out = [path for path in images if path.name != "images"]
    if len(left_out) < len(images):
        images = {path: files for path, files in images.items() if path not in left_out}
        return images, [path.name for path in left_out]
    return images, []


def _told_content(folder: Path) -> str:
    """Describes the content of a folder without images."""
    if not folder.is_dir():
        return "no such folder"
    files = [path for path in folder.rglob("[!.]*") if path.is_file()]
    if any(map(_is_photograph, files)):
        return "HEIC or raw photographs; convert them to JPEG or PNG"
    if any(path.suffix.lower() in VIDEO_TYPES for path in files):
        return "films, which --source=video reads"
    return "neither"


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in PHOTOGRAPHS


def steady_frames(
    timed: Iterable[tuple[float, np.ndarray | None]], interval: float
) -> Iterator[Frame | Excluded]:
    """Evens out the frames of a video, given with their times in seconds.

    Drops some frames if they come much faster than the usual `interval`; marks a gap in time or a
    jump back. Otherwise the rate may vary, because motion between frames has no fixed length
    anyway. If the interval is NaN (unknown), no frame is dropped.
    """
    last = None
    for seconds, image in timed:
        if image is None:
            yield Excluded("cannot be decoded")
            last = None
            continue
        step = interval if last is None else seconds - last
        if 0 <= step < NEAREST * interval:
            continue
        if step < 0 or step > FARTHEST * interval:
            yield Excluded("gap in time")
        yield Frame(image)
        last = seconds


def _read_video(path: Path) -> Iterator[Frame | Excluded]:
    with VideoReader(path) as video:
        yield from steady_frames(video.timed(), frame_interval(path))


def _video_files(path: Path) -> list[Path]:
    """The file itself, or the videos directly in a folder."""
    if not path.exists():
        raise VideoError(
            f"{path}: expected a video that FFmpeg can decode. Received: no such file."
        )
    if not path.is_dir():
        return [path]
    files = [file for file in path.glob("[!.]*") if file.suffix.lower() in VIDEO_TYPES]
    files = sorted((file for file in files if file.is_file()), key=natural_key)
    if not files:
        raise VideoError(
            f"{path}: expected a video file, or a folder of them ({', '.join(VIDEO_TYPES)}). "
            "Received: a folder without any."
        )
    return files


def images_in_order(folder: Path) -> list[Path]:
    """The images directly in a folder, in natural order; may be empty."""
    return list(filter(Path.is_file, image_files(folder)))


def _folder_names(names: list[str]) -> Iterator[str]:
    """Converts names to unique folder names, also on file systems that ignore case.

    No result ends in _NUMBER, because names of split clips do.
    """
    taken = set()
    for name in names:
        plain = re.sub(r"[^\w-]+", "_", name).strip("_-")[:80] or "recording"
        plain = re.sub(r"_+(?=\d+$)", "-", plain)
        numbered = itertools.chain([plain], (f"{plain}-{i}" for i in itertools.count(2)))
        new = next(name for name in numbered if name.casefold() not in taken)
        taken.add(new.casefold())
        yield new
