"""Labels that films give themselves, stored as a 16-bit PNG of depth or flow per frame.

labels/000_drive/000000.png   see `_stored_depth`, `_stored_flow`
labels/000_drive/frames.jsonl quality of each label, in the order of writing
labels/prior.txt              the digest of the network that the labels were fused with
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dfnet_tf.data.batches.labels import resized
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.truth_files import FLOW_OFFSET, FLOW_SCALE
from dfnet_tf.film import depth
from dfnet_tf.film.neighbours import DISTANCES
from dfnet_tf.program import outputs
from dfnet_tf.program.progress import progress

LOG_STEPS = 4096.0  # Stored value = (log disparity + LOG_OFFSET) * LOG_STEPS.
LOG_OFFSET = 8.0
WHOLE = "whole"  # Name of a file that marks a complete set of labels.
CONFIDENCE_STEPS = 65535.0


def _stored_depth(found: depth.FilmDepth, size: tuple[int, int]) -> np.ndarray:
    """uint16 [H, W, 3] in OpenCV's order: red log disparity, green confidence.

    Downscaling averages the log disparity, weighted by confidence.
    """
    weight = found.confidence + 1e-3
    weighted, total, confidence = (
        cv2.resize(maps, size[::-1], interpolation=cv2.INTER_AREA)
        for maps in (weight * found.log_disparity, weight, found.confidence)
    )
    stored = np.zeros((*size, 3), np.uint16)
    stored[..., 2] = np.clip((weighted / total + LOG_OFFSET) * LOG_STEPS + 0.5, 0, 65535)
    stored[..., 1] = confidence * CONFIDENCE_STEPS + 0.5
    return stored


def _depth_from(stored: np.ndarray) -> np.ndarray:
    """Log disparity and confidence, float32 [H, W, 2]. Inverse of `_stored_depth`."""
    log_disparity = stored[..., 2] / np.float32(LOG_STEPS) - np.float32(LOG_OFFSET)
    return np.stack([log_disparity, stored[..., 1] / np.float32(CONFIDENCE_STEPS)], axis=-1)


def _stored_flow(found: depth.FilmDepth, size: tuple[int, int]) -> np.ndarray:
    """uint16 [H, W, 3] in OpenCV's order: red and green flow in pixels of `size`, blue weight."""
    stored = np.zeros((*size, 3), np.uint16)
    if found.next_flow is not None:
        label = resized(found.next_flow(), size, "flow")
        stored[..., :0:-1] = np.clip(np.rint(label[..., :2] * FLOW_SCALE + FLOW_OFFSET), 0, 65535)
        stored[..., 0] = np.rint(label[..., 2] * CONFIDENCE_STEPS)
    return stored


def _flow_from(stored: np.ndarray) -> np.ndarray:
    """Flow and weight, float32 [H, W, 3]. Inverse of `_stored_flow`."""
    flow = (stored[..., :0:-1] - np.float32(FLOW_OFFSET)) / np.float32(FLOW_SCALE)
    return np.dstack([flow, stored[..., 0] / np.float32(CONFIDENCE_STEPS)])


KINDS = {"depth": (_stored_depth, _depth_from), "flow": (_stored_flow, _flow_from)}


@dataclass(frozen=True)
class Verdict:
    """The quality of a clip's labels."""

    name: str
    frames: int
    confidence: float  # Mean over pixels and frames; 0: only the network's own predictions.
    spread: float  # Median over frames of the gap between views and network, in log disparity.
    empty: float  # Share of frames without a useful neighbour.
    teaches: bool  # Whether the labels are good enough to learn from.

    def __str__(self) -> str:
        word = "teaches" if self.teaches else "is left out"
        return (
            f"{self.name} {word}: confidence {self.confidence:.2f}, spread {self.spread:.2f}, "
            f"{self.empty:.0%} of {self.frames} frames without a label"
        )


class FilmLabels:
    """The labels of some clips in a folder. Missing labels are made.

    Args:
      folder: of the labels.
      clips: the films.
      size: (height, width) of the labels.
      kind: depth or flow.
    """

    def __init__(
        self, folder: Path, clips: Sequence[Clip], size: tuple[int, int], kind: str = "depth"
    ):
        self.folder, self.clips, self.size = folder, clips, size
        self._to_stored, self._from_stored = KINDS[kind]

    def make(
        self,
        disparity: Callable[[np.ndarray], np.ndarray],
        prior: str,
        on_frame: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes all missing labels.

        After an interruption, the same call continues. Labels that were fused with another network
        are made again.

        Args:
          disparity: the network's disparity of a frame, uint8 RGB.
          prior: identifies the network, for example by a digest of its weights.
          on_frame: called after each label; an exception in it ends the work.
        """
        named = self.folder / "prior.txt"
        if not (named.is_file() and named.read_text() == prior):
            shutil.rmtree(self.folder, ignore_errors=True)
            with outputs.whole_file(named) as new:
                new.write_text(prior)
        total = sum(map(len, self.clips))
        with progress(iter(()), "Labels", "frame", total) as bar:

            def made(count: int) -> None:
                bar.update(count)
                on_frame()

            for number in range(len(self.clips)):
                self._make(number, disparity, made)
        (self.folder / WHOLE).touch()

    @property
    def are_whole(self) -> bool:
        """True if `make` has finished."""
        return (self.folder / WHOLE).exists()

    def verdicts(self, least_confidence: float) -> list[Verdict]:
        """The quality of each clip's labels; a clip teaches from this mean confidence on."""
        return [self._verdict(number, least_confidence) for number in range(len(self.clips))]

    def read(self, number: int, frame: int) -> np.ndarray:
        """The label of a frame of clip `number`: depth [H, W, 2] or flow [H, W, 3], float32.

        Depth: log disparity and confidence. Flow: to the next frame, in pixels, and weight.

        Raises:
          ClipError: the label is missing or cannot be read.
        """
        path = self._file(number, frame)
        stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if stored is None or stored.shape != (*self.size, 3) or stored.dtype != np.uint16:
            raise ClipError(f"{path}: expected a label of size {self.size}. Received: none.")
        return self._from_stored(stored)

    def _of_clip(self, number: int) -> Path:
        return self.folder / f"{number:03d}_{self.clips[number].name}"

    def _file(self, number: int, frame: int) -> Path:
        return self._of_clip(number) / f"{frame:06d}.png"

    def _make(self, number: int, disparity: Callable, made: Callable[[int], None]) -> None:
        clip = self.clips[number]
        self._of_clip(number).mkdir(exist_ok=True)
        done = {entry["frame"] for entry in self._entries(number)}
        made(len(done))
        missing = [frame for frame in range(len(clip)) if frame not in done]
        # Frames before the first missing one are its neighbours.
        start = max(0, missing[0] - max(DISTANCES)) if missing else len(clip)
        while start < len(clip):
            found = depth.film_depths(_readable(clip, start), disparity, clip.intrinsics)
            frame = start
            for frame, label in enumerate(found, start):
                if frame not in done:
                    self._write(number, frame, label)
                    made(1)
            start = frame + 2  # Continues after the frame that could not be read.

    def _write(self, number: int, frame: int, label: depth.FilmDepth) -> None:
        """Stores one label at the size of the labels, and records its quality."""
        with outputs.whole_file(self._file(number, frame)) as new:
            cv2.imwrite(str(new), self._to_stored(label, self.size))
        entry = {
            "frame": frame,
            "confidence": round(float(label.confidence.mean()), 4),
            "spread": round(label.spread, 4),
        }
        with (self._of_clip(number) / "frames.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def _entries(self, number: int) -> list[dict]:
        path = self._of_clip(number) / "frames.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry for entry in entries if self._file(number, entry["frame"]).exists()]

    def _verdict(self, number: int, least_confidence: float) -> Verdict:
        entries = self._entries(number)
        confidence = np.array([entry["confidence"] for entry in entries] or [0.0])
        spread = np.array([entry["spread"] for entry in entries] or [np.nan])
        known = spread[np.isfinite(spread)]
        return Verdict(
            self.clips[number].name,
            len(entries),
            float(confidence.mean()),
            float(np.median(known)) if known.size else float("nan"),
            float((confidence == 0).mean()),
            teaches=float(confidence.mean()) >= least_confidence,
        )


def _readable(clip: Clip, start: int) -> Iterator[np.ndarray]:
    """Yields the frames from `start` on, up to the first unreadable frame."""
    with contextlib.suppress(ClipError):
        for frame in range(start, len(clip)):
            yield clip.image(frame)
