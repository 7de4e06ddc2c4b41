"""The camera of a film, estimated from its frames."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dfnet_tf.data import pinhole
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.preparation import given_camera
from dfnet_tf.data.preparation.given_camera import GivenCamera
from dfnet_tf.data.preparation.point_pairs import point_pairs
from dfnet_tf.geometry import focal_length

MOST_FRAMES = 2000  # From the film's start; tracking takes about as long as decoding.
TURN = 1.0  # Degrees: pairs that turn less tell nothing.
FEWEST_PAIRS = 8
LEAST_TURN = 40.0  # Degrees, of all pairs together: less tells too little.
MOST_PAIRS = 40  # Those that turn most.
CLEAR = 25.0  # Least `focal_length.clarity`.
WIDEST_DOUBT = 1.45  # The largest 95 % quantile, relative to the 5 % quantile.
LIKELY_FOCAL = 0.3, 3.0  # In longer sides: views of 118 to 19 degrees.


FILM_WIDTH = 36.0  # Millimetres, the longer side of the 35 mm format.


def found_camera(focal_35mm: float | None, frames: Iterable[np.ndarray]) -> GivenCamera:
    """The camera of a film, from its files' metadata if they state it, or else from its frames."""
    return estimated_camera(frames) if focal_35mm is None else from_35mm(focal_35mm)


def from_35mm(millimetres: float) -> GivenCamera:
    """The camera with this 35 mm equivalent focal length.

    The longer side of the image counts as the 36 mm of the film (CIPA DCG-001 compares diagonals,
    which for 4:3 gives 4 % less). Films often show only a part of the sensor.
    """
    text = f"35 mm equivalent of {millimetres:g} mm in the files' metadata"
    return _doubtful(
        millimetres / FILM_WIDTH, text, f"{text}; a film that crops the sensor has a smaller view"
    )


def estimated_camera(frames: Iterable[np.ndarray]) -> GivenCamera:
    """Estimates the focal length from a film's turns, or guesses a view of 60 degrees.

    Assumes a principal point at the image's centre, square pixels and straight lines, so a lens
    with visible distortion gives wrong results.

    Args:
      frames: uint8 RGB [H, W, 3], of one size; at most MOST_FRAMES are read.

    Returns:
      a camera with `is_guessed`. Its remarks tell the focal length and its doubt, or why there is
      none; its `details` are None for a guess.
    """
    pairs = list(point_pairs(itertools.islice(frames, MOST_FRAMES)))
    found, refusal = _found(pairs)
    if found is None:
        guess = given_camera.guessed()
        remark = f"{guess.origin}, because {refusal}"
        return DoubtfulCamera(guess.origin, guess.intrinsics, is_guessed=True, remark=remark)
    low, high = focal_length.interval(found)
    estimate = {
        "focal_length": round(found.focal, 4),
        "focal_length_5_to_95_percent": [round(low, 4), round(high, 4)],
        "unit": "longer sides of the film's image",
        "pairs_of_frames": len(found.rotation),
        "degrees_turned": round(float(found.angles.sum()), 1),
    }
    text = (
        f"focal length of {found.focal:.2f} longer sides, 5 to 95 %: {low:.2f} to {high:.2f}, "
        f"from {len(found.rotation)} pairs of frames between which the camera turns"
    )
    return _doubtful(found.focal, text, text, estimate)


@dataclass(frozen=True, eq=False)
class DoubtfulCamera(GivenCamera):
    """A camera that was not given, which the user should know."""

    remark: str = ""

    def remarks(self, size: tuple[int, int]) -> list[str]:
        """How the camera was found, and doubts whether it fits images of `size`."""
        return [self.remark, *super().remarks(size)]


def _doubtful(focal: float, text: str, remark: str, estimate: dict | None = None) -> GivenCamera:
    """A camera whose `focal` length is in longer sides of the image."""

    def intrinsics(size: tuple[int, int]) -> np.ndarray:
        return pinhole.central(focal * max(size), size)

    origin = f"{intrinsics_files.GUESSED}: {text}"
    details = (lambda _: estimate) if estimate else None
    return DoubtfulCamera(origin, intrinsics, is_guessed=True, details=details, remark=remark)


def _found(pairs: list) -> tuple[focal_length.Found | None, str]:
    """The fitted camera, or why there is none."""
    if len(pairs) < FEWEST_PAIRS:
        return None, _told_turns(np.zeros(0))
    first, second, weight = _padded(pairs)
    angles = focal_length.turns(first, second, weight)
    most = np.argsort(-angles)[:MOST_PAIRS]
    turning = most[angles[most] > TURN]
    if len(turning) < FEWEST_PAIRS or angles[turning].sum() < LEAST_TURN:
        return None, _told_turns(angles[turning])
    found = focal_length.fitted(first[turning], second[turning], weight[turning])
    low, high = focal_length.interval(found)
    clarity = focal_length.clarity(found, first[turning], second[turning], weight[turning])
    is_likely = LIKELY_FOCAL[0] < found.focal < LIKELY_FOCAL[1]
    if clarity < CLEAR or high > WIDEST_DOUBT * low or not is_likely:
        return None, (
            f"its turns do not show the focal length: {found.focal:.2f} longer sides fit hardly "
            "better than others"
        )
    return found, ""


def _told_turns(angles: np.ndarray) -> str:
    return (
        f"the camera hardly turns: {len(angles)} pairs of frames turn by more than {TURN:g} degree "
        f"and by {angles.sum():.0f} in all; {FEWEST_PAIRS} and {LEAST_TURN:g} are needed"
    )


def _padded(pairs: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of P pairs, [P, N, 2] twice, and weights [P, N]: 0 where a pair has fewer."""
    most = max(len(first) for first, _ in pairs)
    first, second = np.zeros((2, len(pairs), most, 2))
    weight = np.zeros((len(pairs), most))
    for i, (there, back) in enumerate(pairs):
        first[i, : len(there)], second[i, : len(there)], weight[i, : len(there)] = there, back, 1
    return first, second, weight
