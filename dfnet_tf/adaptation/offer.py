"""What a film offers to a network that learns depth from it, measured on a few passages."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from dfnet_tf.config import TrainingConfig
from dfnet_tf.data.clip import Clip
from dfnet_tf.film import depth, fusion, neighbours
from dfnet_tf.film.neighbours import Neighbour
from dfnet_tf.geometry import camera, optical_flow, triangulation

PASSAGES = 6  # Number of passages, spread over the film.
LENGTH = 2 * max(neighbours.DISTANCES) + 1  # Frames; the middle one has all its neighbours.
TEACHES, TEACHES_LITTLE = TrainingConfig.least_confidence, 0.2  # Mean confidence, of `labels`.
FEW_FOLLOWED, LITTLE_PARALLAX, MUCH_MOVES = 0.4, 1.5, 0.35


@dataclasses.dataclass(frozen=True)
class Offer:
    """Medians over the frames looked at; NaN if no frame has a useful neighbour."""

    followed: float  # Share of the picture that flow follows to the next frame and back.
    parallax: float  # Pixels at the working size: flow to the next frame, without rotation.
    turn: float  # Degrees between a frame and the next.
    moving: float  # Share of the followed pixels that leave their epipolar lines.
    confidence: float  # Mean share of the film in the depth of a pixel; 0: the network alone.
    spread: float  # Gap between the film's and the network's depth, in log.

    @property
    def verdict(self) -> str:
        """What can be expected of adapting to this film."""
        if self.confidence >= TEACHES:
            return "The film shows depth well enough to teach the network."
        if self.confidence >= TEACHES_LITTLE:
            return f"Only parts of the film may show depth well enough: {self.reason}."
        return f"The film cannot teach depth: {self.reason}."

    @property
    def teaches(self) -> bool:
        """False if labels from this film would mislead."""
        return self.confidence >= TEACHES_LITTLE

    @property
    def reason(self) -> str:
        """The weakest of the film's properties."""
        if not self.followed > FEW_FOLLOWED:
            return f"flow can follow only {_share(self.followed)} of the picture"
        if not self.parallax > LITTLE_PARALLAX:
            return f"the camera hardly moves past things ({self.parallax:.1f} pixels of parallax)"
        if self.moving > MUCH_MOVES:
            return f"{_share(self.moving)} of what is seen moves by itself"
        return "its geometry and the network disagree, or most of it shows no parallax"

    def __str__(self) -> str:
        return (
            f"flow follows {_share(self.followed)} of the picture, {self.parallax:.1f} pixels of "
            f"parallax and {self.turn:.2f} degrees of rotation a frame, {_share(self.moving)} "
            f"moves by itself, confidence {self.confidence:.2f}"
        )


def of_film(clips: Sequence[Clip], disparity: Callable[[np.ndarray], np.ndarray]) -> Offer:
    """Looks at PASSAGES passages of LENGTH frames, spread over the clips.

    Args:
      clips: of the film.
      disparity: the network's disparity of a frame, uint8 RGB.
    """
    measured, found = [], []
    for clip, first in _places(clips):
        frames = [clip.image(i) for i in range(first, min(first + LENGTH, len(clip)))]
        size = depth.working_size(clip.size)
        intrinsics = camera.resized_intrinsics(clip.intrinsics, clip.size, size)
        grey = (depth.in_grey(frame, size) for frame in frames)
        for sides in neighbours.neighbours_of(grey, np.float32(intrinsics)):
            measured += [_measured(one, intrinsics) for one in sides if one.distance == 1]
        found += depth.film_depths(frames, disparity, clip.intrinsics)
    numbers = np.median(measured, axis=0) if measured else np.full(4, np.nan)
    spreads = [one.spread for one in found if np.isfinite(one.spread)]
    confidence = float(np.mean([one.confidence.mean() for one in found]))
    spread = float(np.median(spreads)) if spreads else float("nan")
    return Offer(*map(float, numbers), confidence, spread)


def _places(clips: Sequence[Clip]) -> list[tuple[Clip, int]]:
    """(clip, first frame) of the passages: evenly spaced in all frames of all clips."""
    ends = list(itertools.accumulate(map(len, clips)))
    places = []
    for i in range(PASSAGES):
        place = int((i + 0.5) / PASSAGES * ends[-1])
        number = next(number for number, end in enumerate(ends) if place < end)
        within = place - (ends[number] - len(clips[number]))
        places.append((clips[number], max(0, min(within, len(clips[number]) - LENGTH))))
    return list(dict.fromkeys(places))


def _measured(neighbour: Neighbour, intrinsics: np.ndarray) -> tuple[float, float, float, float]:
    """followed, parallax, turn and moving of one neighbour, as in `Offer`."""
    seen = neighbour.agrees > 0
    rotation = np.array(neighbour.motion)
    rotation[:3, 3] = 0.0  # Then depth does not matter.
    turned = optical_flow.rigid_flow(
        np.ones((1, *seen.shape, 1), "float32"), np.float32(intrinsics[None]), rotation[None]
    )
    parallax = np.linalg.norm(neighbour.flow - np.asarray(turned[0]), axis=-1)
    grid = neighbours.pixels(*seen.shape)
    first, second = (
        neighbours.rays(places[seen][None], intrinsics) for places in (grid, grid + neighbour.flow)
    )
    across = np.asarray(triangulation.of_matches(neighbour.motion[None], first, second)[2])
    focal = np.sqrt(intrinsics[0, 0] * intrinsics[1, 1])
    turn = np.degrees(np.linalg.norm(cv2.Rodrigues(np.float64(rotation[:3, :3]))[0]))
    moving = np.mean(across * focal > fusion.ON_LINE)
    return seen.mean(), np.median(parallax[seen]), turn, moving


def _share(value: float) -> str:
    return f"{value:.0%}"
