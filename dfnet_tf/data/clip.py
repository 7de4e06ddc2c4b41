"""The clip folder: the one on-disk format that every reader produces and every tool accepts.

my_clip/images/000000.jpg ...   an image each (jpg, png ...), 2 before 10; one camera, one size
my_clip/intrinsics.txt          3x3, for that size
my_clip/poses.txt               optional: camera-to-world, 12 numbers a line (KITTI)
my_clip/depth/000000.png        optional: uint16, metres = value / 256, 0 = none; any size
my_clip/flow/000000.png         optional: KITTI 16-bit flow to the next frame
"""

import contextlib
import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from dfnet_tf import outputs
from dfnet_tf.data import image_limits, intrinsics_files
from dfnet_tf.data.clip_error import ClipError
from dfnet_tf.data.film_files import VIDEO_TYPES
from dfnet_tf.data.image_files import (
    ImageReader,
    decode,
    encode,
    image_files,
    read_rgb,
    write_rgb,
)
from dfnet_tf.data.intrinsics_files import checked_intrinsics, size_text
from dfnet_tf.data.number_files import read_numbers
from dfnet_tf.data.stored import Stored

DEPTH_SCALE = 256.0  # The KITTI depth benchmark's: stored value = metres * 256.
FLOW_SCALE, FLOW_OFFSET = 64.0, 2.0**15  # The KITTI flow benchmark's: value = pixels * 64 + 2^15.
LAYOUT = "images/ (jpg, png ...; one size) and intrinsics.txt (3x3, for that size)"


@dataclass(frozen=True, eq=False)
class Clip:
    """A video of one camera on disk; made by `read_clip`. Images are decoded when asked for."""

    folder: Path
    images: tuple[Path, ...]
    size: tuple[int, int]  # (height, width) of every image
    intrinsics: np.ndarray  # float32 [3, 3], in pixels of that size
    intrinsics_guessed: bool = False  # As their file's first line says, "# guessed ...".
    label: str = ""  # Its name where another clip read along with it has the same; see `name`.

    def __len__(self) -> int:
        return len(self.images)

    @property
    def name(self) -> str:
        """The folder's name; for clips of one name read together, with its parent's before it."""
        return self.label or self.folder.absolute().name

    @functools.cached_property
    def _reader(self) -> ImageReader:
        return ImageReader([self.stored("images", i) for i in range(len(self))])

    def stored(self, kind: str, i: int) -> Stored | None:
        """Frame i's file in the sub-folder `kind` (images, depth, flow, moving); None: no file."""
        if kind == "images":
            return Stored(self.images[i])
        path = self.folder / kind / f"{self.images[i].stem}.png"
        return Stored(path) if path.exists() else None

    def image(self, i: int) -> np.ndarray:
        """Frame i, uint8 RGB [H, W, 3]. Raises ClipError if undecodable or of another size."""
        stored = self.stored("images", i)
        image = self._reader.read(stored)
        if image.shape[:2] != self.size:
            raise ClipError(
                f"{stored}: expected the size of the clip's first image, "
                f"{size_text(self.size)}. Received: {size_text(image.shape)}."
            )
        return image

    def depth(self, i: int) -> np.ndarray | None:
        """True depth of frame i, float32 [h, w], metres, 0 = none; None without a file."""
        stored = self.stored("depth", i)
        return read_depth(stored) if stored else None

    def flow(self, i: int) -> tuple[np.ndarray, np.ndarray] | None:
        """True flow of frame i to i + 1: float32 [h, w, 2], valid [h, w]; None without a file."""
        stored = self.stored("flow", i)
        return read_flow(stored) if stored else None

    def poses(self) -> np.ndarray | None:
        """Camera-to-world motions, float64 [N, 4, 4]; None if there is no poses.txt."""
        path = self.folder / "poses.txt"
        if not path.exists():
            return None
        return checked_poses(read_numbers(path), len(self), path)


def read_clips(folder: str | Path) -> list[Clip]:
    """Opens `folder`: a clip, a folder of clips (sorted by name, others ignored), or records."""
    from dfnet_tf.data import record_clip  # Which builds on this module.

    folder = Path(folder)
    if (folder / record_clip.INDEX_FILE).exists():
        return record_clip.read_records(folder)
    if (folder / "images").is_dir():
        return [read_clip(folder)]
    depths = "[!.]*/images", "[!.]*/[!.]*/images"  # Or what `prepare` left, command by command.
    found = sorted(path.parent for depth in depths for path in folder.glob(depth) if path.is_dir())
    if not found:
        raise ClipError(
            f"{folder}: expected a clip folder, with {LAYOUT}, a folder of such folders, or "
            f"records made of them. Received: {_told_instead(folder)}."
        )
    return _told_apart([read_clip(path) for path in found], folder)


def _told_apart(clips: list[Clip], folder: Path) -> list[Clip]:
    """The clips of `folder`; those of one name with labels: a/seq and b/seq are a_seq and b_seq."""
    counts = Counter(one.name for one in clips)
    return [
        replace(one, label="_".join(one.folder.relative_to(folder).parts))
        if counts[one.name] > 1
        else one
        for one in clips
    ]


def camera_doubts(clips: Sequence[Clip]) -> str:
    """For people: what makes the cameras of some clips doubtful, and which these are; "": nothing.

    Clips with guessed intrinsics do not count.
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
    others = f" So it is with {len(doubts) - 1} more clips." if len(doubts) > 1 else ""
    return f"Warning: {folder}/intrinsics.txt: {doubt}.{others}"


def _told_instead(folder: Path) -> str:
    """What is there in place of clips, and the command that makes clips of it."""
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


def read_clip(folder: str | Path) -> Clip:
    """Opens one clip folder and checks it, decoding no more than its first whole image.

    Raises ClipError where images, intrinsics or poses are not as the format says.
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


def _first_size(images: tuple[Path, ...]) -> tuple[int, int]:
    """(height, width) of the first image that can be decoded; ClipError of the first if none can"""
    for path in images:
        with contextlib.suppress(ClipError):
            return read_rgb(path).shape[:2]
    return read_rgb(images[0]).shape[:2]


def read_depth(source: str | Path | Stored) -> np.ndarray:
    """Reads a KITTI depth PNG: float32 [H, W], metres, 0 = none. Inverse of `write_depth`."""
    stored = decode(source, cv2.IMREAD_UNCHANGED, image_limits.MOST_TRUTH)
    if stored.dtype != np.uint16 or stored.ndim != 2:
        raise ClipError(
            f"{source}: expected a 16-bit grey PNG. Received: {stored.dtype}{list(stored.shape)}."
        )
    metres = stored.astype(np.float32)
    metres /= DEPTH_SCALE  # In place: the largest images come near a gigabyte.
    return metres


def write_depth(path: str | Path, metres: np.ndarray) -> None:
    """Writes depth [H, W] as uint16 = metres * 256; 0 where it is not finite and positive."""
    metres = np.where(np.isfinite(metres) & (metres > 0), metres, 0.0)
    encode(path, np.clip(np.rint(metres * DEPTH_SCALE), 0, 65535).astype(np.uint16))


def read_flow(source: str | Path | Stored) -> tuple[np.ndarray, np.ndarray]:
    """Reads a KITTI flow PNG. Inverse of `write_flow`.

    Returns:
      float32 [H, W, 2], (u, v) in pixels, 0 where not valid; valid, float32 [H, W].
    """
    stored = decode(source, cv2.IMREAD_UNCHANGED, image_limits.MOST_TRUTH)
    if stored.dtype != np.uint16 or stored.ndim != 3 or stored.shape[2] != 3:
        raise ClipError(
            f"{source}: expected a 16-bit RGB PNG. Received: {stored.dtype}{list(stored.shape)}."
        )
    valid = (stored[..., 0] > 0).astype(np.float32)  # OpenCV's order: B = valid, G = v, R = u.
    flow = stored[..., :0:-1].astype(np.float32)
    flow -= FLOW_OFFSET
    flow /= FLOW_SCALE
    flow *= valid[..., None]
    return flow, valid


def write_flow(path: str | Path, flow: np.ndarray, valid: np.ndarray) -> None:
    """Writes flow [H, W, 2] and valid [H, W] as a KITTI 16-bit PNG, in steps of 1/64 pixel.

    What it cannot hold (not finite, outside [-512, 512) pixels) is written as not valid.
    """
    stored = np.rint(flow * FLOW_SCALE + FLOW_OFFSET)
    holds = ((stored >= 0) & (stored <= 65535)).all(axis=-1) & (valid > 0)  # NaN compares false.
    stored = np.where(holds[..., None], stored, 0)
    encode(path, np.dstack([holds, stored[..., 1], stored[..., 0]]).astype(np.uint16))


class ClipWriter:
    """Writes a clip folder, whole or not at all.

        with ClipWriter("data/drive") as writer:
            writer.intrinsics = intrinsics
            for image in video:
                writer.add(image)

    Frames go to a hidden folder beside the target, renamed to it when the block ends cleanly; an
    exception leaves nothing behind. With `overwrite`, an older clip is replaced at that moment.
    """

    def __init__(self, folder: str | Path, overwrite: bool = False, image_type: str = "jpg"):
        self.folder = Path(folder)
        self.image_type = image_type
        self.intrinsics: np.ndarray | None = None
        self.intrinsics_note = ""  # Where they come from: a comment line in their file.
        self._size: tuple[int, int] | None = None
        self._poses: list[np.ndarray] = []
        self._count = 0
        if image_type not in ("jpg", "png"):
            raise ValueError(f'`image_type` must be "jpg" or "png". Received: {image_type!r}.')
        outputs.refuse_existing(self.folder, overwrite)

    def __enter__(self) -> "ClipWriter":
        self._writing = contextlib.ExitStack()
        self._new = self._writing.enter_context(outputs.whole_folder(self.folder))
        return self

    def __exit__(self, *exception) -> None:
        with self._writing:
            if exception[1] is not None:
                raise exception[1]
            self._write_camera()

    def add(
        self,
        image: np.ndarray,
        depth: np.ndarray | None = None,
        flow: np.ndarray | None = None,
        flow_valid: np.ndarray | None = None,
        pose: np.ndarray | None = None,
    ) -> None:
        """Appends a frame.

        Args:
          image: uint8 RGB [H, W, 3], of the same size in every call.
          depth: [h, w], metres, 0 = none.
          flow: [h, w, 2] to the next frame, in pixels.
          flow_valid: [h, w]; everywhere 1 if left out.
          pose: [4, 4] camera-to-world; for every frame or for none.
        """
        self._size = self._size or image.shape[:2]
        if image.dtype != np.uint8 or image.shape != (*self._size, 3):
            raise ClipError(
                f"{self.folder}: expected uint8 images of shape {[*self._size, 3]}. "
                f"Received: {image.dtype} of shape {list(image.shape)}."
            )
        self._count += 1
        write_rgb(self._file("images", self.image_type), image)
        if depth is not None:
            write_depth(self._file("depth", "png"), depth)
        if flow is not None:
            valid = np.ones(flow.shape[:2]) if flow_valid is None else flow_valid
            write_flow(self._file("flow", "png"), flow, valid)
        if pose is not None:
            self._poses.append(np.asarray(pose, np.float64)[:3].reshape(12))

    def add_mask(self, kind: str, mask: np.ndarray) -> None:
        """Writes a mask [h, w] of the frame last added, 255 = 1, into the sub-folder `kind`."""
        encode(self._file(kind, "png"), np.uint8(np.rint(255 * mask)))

    def _file(self, kind: str, suffix: str) -> Path:
        """The last frame's file in the sub-folder `kind`, which is made if need be."""
        (self._new / kind).mkdir(exist_ok=True)
        return self._new / kind / f"{self._count - 1:06d}.{suffix}"

    def _write_camera(self) -> None:
        """Writes intrinsics and poses, after checking that the clip is complete."""
        if self._count == 0 or self.intrinsics is None:
            missing = "no image" if self._count == 0 else "no intrinsics"
            raise ClipError(f"{self.folder}: expected images and intrinsics. Received: {missing}.")
        if len(self._poses) not in (0, self._count):
            raise ClipError(
                f"{self.folder}: expected a pose for every image or for none. "
                f"Received: {len(self._poses)} poses, {self._count} images."
            )
        intrinsics = checked_intrinsics(self.intrinsics, self._size, self.folder)
        path = self._new / "intrinsics.txt"
        intrinsics_files.write_intrinsics(path, intrinsics, self._size, self.intrinsics_note)
        if self._poses:
            np.savetxt(self._new / "poses.txt", self._poses, "%.17g")


def checked_poses(rows: np.ndarray, num_images: int, where: Path) -> np.ndarray:
    """Returns rows of 12 numbers as motions, float64 [N, 4, 4]; ClipError if they are not that."""
    if rows.shape != (num_images, 12) or not np.isfinite(rows).all():
        raise ClipError(
            f"{where}: expected one line of 12 finite numbers for each of the {num_images} "
            f"images. Received: {np.isfinite(rows).sum()} finite numbers on {len(rows)} lines."
        )
    poses = np.tile(np.eye(4), (num_images, 1, 1))
    poses[:, :3] = rows.reshape(-1, 3, 4)
    return poses
