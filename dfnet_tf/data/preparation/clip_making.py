"""Makes clips from a recording: splits, thins, crops and resizes its frames."""

import itertools
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.film_files import VideoError
from dfnet_tf.data.files.image_limits import ImageSizeError
from dfnet_tf.data.preparation.estimated_camera import found_camera
from dfnet_tf.data.preparation.framing import View, central_view
from dfnet_tf.data.preparation.given_camera import GivenCamera
from dfnet_tf.data.preparation.stills_and_cuts import CutDetector, MotionGate
from dfnet_tf.data.sources.recording import Excluded, Frame, Recording

LITTLE_KEPT = 0.5  # A note is added if a crop keeps less. 16:9 films at 640x192 keep 0.53.
PASSAGE = 120  # Frames of a passage; see `Settings.most_frames`.
NEARLY_BLACK = 10.0  # Mean grey, of 255; darker images have too few grey levels to match.
UNDECODABLE = "cannot be decoded"  # The readers' reason for a broken file.


@dataclass(frozen=True)
class Settings:
    """How recordings become clips.

    Attributes:
      height, width: of the clips, in pixels; see `framing.central_view`.
      frame_step: keep every n-th frame.
      static_threshold: see `stills_and_cuts.MotionGate`.
      min_frames: shorter clips are dropped.
      most_frames: of a longer recording, passages of PASSAGE frames are kept that have about this
        many frames together and are spread evenly; 0: no limit.
      camera: the camera of recordings without intrinsics; None: find it in each recording.
      splits_at_cuts: whether recordings may consist of several shots.
      fit: see `framing.central_view`.
    """

    height: int | None = None
    width: int | None = None
    frame_step: int = 1
    static_threshold: float = 0.0
    min_frames: int = 3
    most_frames: int = 0
    camera: GivenCamera | None = None
    splits_at_cuts: bool = False
    fit: str = "crop"


def make_clips(
    recording: Recording,
    folder: Path,
    settings: Settings,
    on_frame: Callable[..., None],
) -> dict:
    """Writes the clips of a recording: `folder`/NAME, or NAME_00, NAME_01 ... for several.

    A clip has no gap: it ends at an excluded frame and at a cut to another shot. Frames in which
    the camera stands still are dropped without ending the clip.

    Args:
      recording: the recording, which is read once.
      folder: an existing folder without a clip of this name.
      settings: how to make the clips.
      on_frame: called for every frame of the recording, also excluded ones; with 0 while the
        frames are read for the camera alone.

    Returns:
      The recording's entry in dataset.json: frames read, kept and dropped, by reason; its clips;
      and a note for the user if there is one.

    Raises:
      ClipError: nothing of the recording can be decoded; or its images differ in size, only some
        have poses, or the intrinsics do not fit.
    """
    passage = _Passage(recording, settings, on_frame)
    clips = list(passage.clips(folder))
    # A folder that contains images/ would count as a clip itself.
    if len(clips) == 1 and recording.name != "images":
        (folder / clips[0]["name"]).rename(folder / recording.name)
        clips[0]["name"] = recording.name
    entry = recording_entry(recording.name, passage.num_read, passage.dropped, clips)
    note = "; ".join(passage.remarks())
    return {**entry, "note": note} if note else entry


def tolerant_clips(
    recording: Recording, folder: Path, settings: Settings, on_frame: Callable[..., None]
) -> dict:
    """Like `make_clips`, but an unreadable recording gets an entry with the error and no clips."""
    try:
        return make_clips(recording, folder, settings, on_frame)
    except (ClipError, VideoError) as error:
        for path in folder.iterdir():  # Only this recording's clips have such names.
            if re.fullmatch(re.escape(recording.name) + r"(_\d{2,})?", path.name):
                shutil.rmtree(path)
        return {**recording_entry(recording.name, 0, {}, []), "error": str(error)}


def recording_entry(name: str, num_read: int, dropped: dict[str, int], clips: list[dict]) -> dict:
    """A recording's entry in dataset.json; `dropped` counts frames by reason."""
    return {
        "name": name,
        "frames_read": num_read,
        "frames_kept": sum(entry["frames"] for entry in clips),
        "dropped": dict(sorted(dropped.items())),
        "clips": clips,
    }


def clip_entry(
    name: str, num_frames: int, size: tuple, intrinsics: np.ndarray, origin: str
) -> dict:
    """A clip's entry in dataset.json; `size` is (height, width)."""
    return {
        "name": name,
        "frames": num_frames,
        "height": size[0],
        "width": size[1],
        "intrinsics": np.round(np.float64(intrinsics), 6).tolist(),
        "intrinsics_from": origin,
    }


class _Passage:
    """One reading of a recording, with counts of dropped frames."""

    def __init__(self, recording: Recording, settings: Settings, on_frame: Callable[..., None]):
        self.recording = recording
        self.settings = settings
        self.on_frame = on_frame
        self.num_read = 0
        self.dropped = Counter()
        self._view: View | None = None
        self._detail = ""  # The error of the first frame that cannot be decoded.
        self._brightest = -1.0  # Largest mean grey of an image, 0 to 255; below 0: no image.
        self.camera = settings.camera
        if self.camera is None and recording.intrinsics is None:
            self.camera = found_camera(recording.focal_35mm, self._images())

    def clips(self, folder: Path) -> Iterator[dict]:
        """Writes every long enough run of consecutive frames; yields the clips' entries."""
        names = (f"{self.recording.name}_{i:02d}" for i in itertools.count())
        for _, run in itertools.groupby(self._numbered_frames(), key=lambda pair: pair[0]):
            kept = self._thinned(frame for _, frame in run)
            first = list(itertools.islice(kept, self.settings.min_frames))
            if len(first) < self.settings.min_frames:
                self.dropped["clip too short"] += len(first)
                continue
            yield self._write(folder / next(names), itertools.chain(first, kept))
        if self._view is None and self.dropped.keys() <= {UNDECODABLE}:
            raise ClipError(
                f"{self.recording.name}: expected a recording that can be read. "
                f"Received: {self.num_read} frames, none of which can be decoded. {self._detail}"
            )

    def _images(self) -> Iterator[np.ndarray]:
        """All images, for the camera alone, before the frames are counted."""
        for item in self.recording.read():
            self.on_frame(0)  # Raises if the work should stop.
            if isinstance(item, Frame):
                yield item.image

    def remarks(self) -> list[str]:
        """Notes about the recording for the user, after it has been read."""
        remarks = [self.recording.note] if self.recording.note else []
        if self._view is not None and self.recording.intrinsics is None:  # A user's own film.
            remarks += self.camera.remarks(self._view.input_size)
            remarks += self._told_crop(self._view) if self._view.kept < LITTLE_KEPT else []
        if 0 <= self._brightest < NEARLY_BLACK:
            remarks.append(f"nearly black: no image's mean is above {self._brightest:.1f} of 255")
        return remarks

    def _told_crop(self, view: View) -> list[str]:
        (height, width), size = view.input_size, f"{self.settings.width}x{self.settings.height}"
        rows, columns = view.rows.stop - view.rows.start, view.columns.stop - view.columns.start
        return [
            f"{size} keeps only the middle {columns}x{rows} of {width}x{height} pixels; --fit=pad "
            "keeps all, as does --width without --height"
        ]

    def _numbered_frames(self) -> Iterator[tuple[int, Frame]]:
        """Yields every existing frame with the number of its run of consecutive frames."""
        run, cuts = 0, CutDetector()
        for item in self.recording.read():
            self.on_frame()
            self.num_read += 1
            if self._is_between_passages(self.num_read - 1):
                self.dropped["between passages"] += 1
                run += 1
                continue
            if isinstance(item, Excluded):
                self.dropped[item.reason] += 1
                self._detail = self._detail or item.detail
                run += 1
                continue
            self._check_size(item.image)
            if self.settings.splits_at_cuts and cuts.is_cut(item.image):
                run += 1
            yield run, item

    def _is_between_passages(self, number: int) -> bool:
        """True if frame `number` of the recording is left out because of `most_frames`."""
        most, length = self.settings.most_frames, PASSAGE * self.settings.frame_step
        if not 0 < most * self.settings.frame_step < self.recording.num_frames:
            return False
        period = self.recording.num_frames / max(1, most // PASSAGE)
        return number % period >= length

    def _thinned(self, run: Iterator[Frame]) -> Iterator[Frame]:
        """Every n-th frame of a run, without frames in which the camera stands still."""
        gate = MotionGate(self.settings.static_threshold)
        for i, frame in enumerate(run):
            is_between = i % self.settings.frame_step
            reason = "frame step" if is_between else gate.refusal(frame.image)
            if reason:
                self.dropped[reason] += 1
            else:
                yield frame

    def _write(self, folder: Path, frames: Iterator[Frame]) -> dict:
        original, origin = self._original_intrinsics()
        with ClipWriter(folder) as writer:
            writer.intrinsics = self._view.intrinsics(original)
            writer.intrinsics_note = origin
            count = 0
            for frame in frames:
                depth = None if frame.depth is None else self._view.depth(frame.depth)
                picture = self._view.picture(self._straight(frame.image))
                self._brightest = max(self._brightest, float(picture.mean()))
                writer.add(picture, depth=depth, pose=frame.pose)
                count += 1
        size = self._view.height, self._view.width
        entry = clip_entry(folder.name, count, size, writer.intrinsics, origin)
        if self.recording.intrinsics is None and self.camera.details:
            entry["camera"] = self.camera.details(self._view.input_size)
        return entry

    def _original_intrinsics(self) -> tuple[np.ndarray, str]:
        """[3, 3] in pixels of the images as read, and its origin."""
        if self.recording.intrinsics is not None:
            return self.recording.intrinsics, "the data set"
        return self.camera.intrinsics(self._view.input_size), self.camera.origin

    def _straight(self, image: np.ndarray) -> np.ndarray:
        """The image without the distortion of a user's lens."""
        return image if self.recording.intrinsics is not None else self.camera.straight(image)

    def _check_size(self, image: np.ndarray) -> None:
        size = image.shape[:2]
        if self._view is None:
            height, width = self.settings.height, self.settings.width
            try:
                self._view = central_view(
                    size, height, width, self.recording.kept_rows, self.settings.fit
                )
            except ImageSizeError as error:
                raise ClipError(f"{self.recording.name}: {error}") from error
        if size != self._view.input_size:
            height, width = self._view.input_size
            raise ClipError(
                f"{self.recording.name}: expected images of the first one's size, {width}x{height}."
                f" Received: {size[1]}x{size[0]}, at frame {self.num_read - 1}."
            )
