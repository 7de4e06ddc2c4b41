"""Anybody's video files and folders of images, whose camera is not known."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.film_files import VIDEO_TYPES, VideoError, frame_interval
from dfnet_tf.data.files.image_files import IMAGE_TYPES, image_files
from dfnet_tf.data.files.natural_order import natural_key
from dfnet_tf.data.files.video import VideoReader
from dfnet_tf.data.sources.image_frames import read_frames
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

# Of phones and cameras, which are read by nobody here.
PHOTOGRAPHS = (".heic", ".heif", ".avif", ".dng", ".cr2", ".cr3", ".nef", ".arw")

# Names of folders whose images show no light: beside those of a camera they are no recordings.
NO_PICTURES = re.compile(
    r"(.*[_-])?(depths?|disp(arity|arities)?|masks?|flows?|moving|labels?|segmentations?|semantics?"
    r"|instances?|normals|annotations?|gt|ground_?truth)([_-]?(\d+|left|right|maps?|images?|png|raw))?",
    re.IGNORECASE,
)

# Times between neighbours, as shares of the usual time. Nearer ones are one moment twice, or a
# burst; farther ones are no neighbours.
NEAREST, FARTHEST = 0.75, 3.0


def video_recordings(*paths: str | Path) -> list[Recording]:
    """One recording for each video file, and for each in a folder; named after the files.

    `num_frames` is the container's count, at times an estimate: see `VideoReader`. A file of
    several that cannot be opened becomes a recording whose `read` raises that error.

    Raises:
      VideoError: the only file cannot be opened, or a folder has no videos, or there is no such
        path.
    """
    files = [file for path in paths for file in _video_files(Path(path))]
    names = _folder_names([file.stem for file in files])
    return [
        _video_recording(name, file, is_alone=len(files) == 1)
        for name, file in zip(names, files, strict=True)
    ]


def _video_recording(name: str, file: Path, is_alone: bool) -> Recording:
    num_frames, note = 0, ""
    try:
        with VideoReader(file) as video:
            num_frames, note = video.num_frames, "; ".join(video.remarks)
    except VideoError:
        if is_alone:
            raise
    return Recording(name, num_frames, None, functools.partial(_read_video, file), note=note)


def image_recordings(folder: str | Path) -> list[Recording]:
    """One recording of the images in a folder or, if it has none, one for each folder in it.

    Images come in the natural order of their names: 2 before 10. Folders whose names say that they
    hold depth, masks or the like are left out, as the notes of the others say; so is all but
    images/ of a clip folder.

    Raises:
      ClipError: no image in either.
    """
    folder = Path(folder)
    images, others = _folders_of_images(folder)
    if not images:
        raise ClipError(
            f"{folder}: expected a folder of images ({', '.join(IMAGE_TYPES)}), or of folders of "
            f"images. Received: {_told_content(folder)}."
        )
    notes = [f"left out, as no pictures of the world: {', '.join(others)}"] if others else []
    photographs = sum(_is_photograph(file) for path in images for file in path.iterdir())
    if photographs:
        notes.append(f"left out: {photographs} HEIC or raw photographs; convert them to JPEG")
    note = "; ".join(notes)
    places = [path.resolve() for path in images]  # drive/images, as in a clip, is a drive.
    names = _folder_names([(p.parent if p.name == "images" else p).name for p in places])
    return [
        Recording(name, len(files), None, functools.partial(read_frames, files), note=note)
        for name, files in zip(names, images.values(), strict=True)
    ]


def _folders_of_images(folder: Path) -> tuple[dict[Path, list[Path]], list[str]]:
    """The images of each folder that is a recording; the names of the folders left out."""
    if files := images_in_order(folder):
        return {folder: files}, []
    folders = sorted(folder.glob("[!.]*/"), key=natural_key)
    images = {path: files for path in folders if (files := images_in_order(path))}
    left_out = [path for path in images if NO_PICTURES.fullmatch(path.name)]
    if folder / "images" in images:  # A clip folder; the others are its truth.
        left_out = [path for path in images if path.name != "images"]
    if len(left_out) < len(images):
        images = {path: files for path, files in images.items() if path not in left_out}
        return images, [path.name for path in left_out]
    return images, []


def _told_content(folder: Path) -> str:
    """What a folder without images has."""
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
    """Evens out a video's frames, which come with their times in seconds.

    Of frames that come much faster than the usual `interval` some are dropped; a gap in time, or a
    leap back, is told. In between the rate may vary: a motion has no fixed length anyway. Nothing
    is dropped where the interval is NaN, not known.
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
    """The images directly in a folder, in the natural order of their names; maybe none."""
    return list(filter(Path.is_file, image_files(folder)))


def _folder_names(names: list[str]) -> Iterator[str]:
    """Makes names fit for folders, and unique, also where capitals do not count.

    None ends in _NUMBER: so do the clips of a recording that is split.
    """
    taken = set()
    for name in names:
        plain = re.sub(r"[^\w-]+", "_", name).strip("_-")[:80] or "recording"
        plain = re.sub(r"_+(?=\d+$)", "-", plain)
        numbered = itertools.chain([plain], (f"{plain}-{i}" for i in itertools.count(2)))
        new = next(name for name in numbered if name.casefold() not in taken)
        taken.add(new.casefold())
        yield new
