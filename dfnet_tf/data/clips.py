"""Opens clips: a clip folder, a folder of such folders, or records."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dfnet_tf.data import tfrecord_clip
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.files.film_files import VIDEO_TYPES
from dfnet_tf.data.files.image_files import image_files, read_rgb

LAYOUT = "images/ (jpg, png ...; one size) and intrinsics.txt (3x3, for that size)"


def read_clips(folder: str | Path) -> list[Clip]:
    """Opens `folder`: a clip, a folder of clips (sorted by name, others ignored), or records."""
    folder = Path(folder)
    if (folder / tfrecord_clip.INDEX_FILE).exists():
        return tfrecord_clip.read_records(folder)
    if (folder / "images").is_dir():
        return [read_clip(folder)]
    depths = "[!.]*/images", "[!.]*/[!.]*/images"  # The latter: outputs of several `prepare` runs.
    found = sorted(path.parent for depth in depths for path in folder.glob(depth) if path.is_dir())
    if not found:
        raise ClipError(
            f"{folder}: expected a clip folder, with {LAYOUT}, a folder of such folders, or "
            f"records made of them. Received: {_told_instead(folder)}."
        )
    return _told_apart([read_clip(path) for path in found], folder)


def read_clip(folder: str | Path) -> Clip:
    """Opens one clip folder and checks it; decodes only its first intact image.

    Raises ClipError if images, intrinsics or poses violate the format.
    """
    folder = Path(folder)
    images = tuple(image_files(folder / "images"))
    if not images:
        raise ClipError(f"{folder}: expected a clip folder, with {LAYOUT}. Received: no images.")
    size = _first_size(images)
    path = folder / "intrinsics.txt"
    if not path.exists():
        raise ClipError(f"{path}: expected the camera's 3x3 intrinsics. Received: no such file.")
    intrinsics = intrinsics_files.read_intrinsics(path, size)
    clip = Clip(folder, images, size, intrinsics, intrinsics_files.is_guessed(path))
    clip.poses()
    return clip


def camera_doubts(clips: Sequence[Clip]) -> str:
    """A warning for the user about doubtful cameras of clips; "" if there is none.

    Clips with guessed intrinsics are ignored.
    """
    doubts = {
        one.folder: doubt
        for one in clips
        if not one.intrinsics_guessed
        and (doubt := intrinsics_files.doubt(one.intrinsics, one.size))
    }
    if not doubts:
        return ""
    folder, doubt = next(iter(doubts.items()))
    others = f" The same holds for {len(doubts) - 1} more clips." if len(doubts) > 1 else ""
    return f"Warning: {folder}/intrinsics.txt: {doubt}.{others}"


def _first_size(images: tuple[Path, ...]) -> tuple[int, int]:
    """(height, width) of the first decodable image; raises the first image's ClipError if none."""
    for path in images:
        with contextlib.suppress(ClipError):
            return read_rgb(path).shape[:2]
    return read_rgb(images[0]).shape[:2]


def _told_apart(clips: list[Clip], folder: Path) -> list[Clip]:
    """Labels clips of equal names by their paths: a/seq and b/seq become a_seq and b_seq."""
    counts = Counter(one.name for one in clips)
    return [
        replace(one, label="_".join(one.folder.relative_to(folder).parts))
        if counts[one.name] > 1
        else one
        for one in clips
    ]


def _told_instead(folder: Path) -> str:
    """What the folder holds instead of clips, and the command that makes clips from it."""
    if not folder.exists():
        return "no such folder"
    found, source = "", ""
    if folder.is_file():
        found, source = "a file; if it is a film", "video"
    elif image_files(folder):
        found, source = "a folder of images", "images"
    elif any(path.suffix.lower() in VIDEO_TYPES for path in folder.iterdir()):
        found, source = "a folder of films", "video"
    if not found:
        return "neither"
    return (
        f"{found}, prepare clips first: python -m dfnet_tf.prepare --source={source} "
        f"--input={folder} --fov_degrees=60 --output=data/clips"
    )
