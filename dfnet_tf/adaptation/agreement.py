"""How well a depth network agrees with a film, without truth: with its geometry and its colours."""

import dataclasses
import math
import warnings
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from dfnet_tf.adaptation.held_back import HeldBack
from dfnet_tf.film import depth, fusion, neighbours
from dfnet_tf.film.depth import FilmDepth
from dfnet_tf.geometry import camera, optical_flow, visibility
from dfnet_tf.losses import photometric

SURE = 0.5  # The film's depth judges where its confidence is above this.
FEWEST = 500  # Frames with fewer such pixels judge nothing.
LEAST_GAIN, MOST_LOSS = 0.98, 1.02  # Ratios of errors; smaller differences are noise.

Disparity = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Means over the judged frames; lower is better."""

    geometric: float  # Gap of log depth to the film's geometry, after removing the median gap.
    photometric: float  # Error of the neighbouring frames, warped by depth and motion; 0 to 1.
    frames: int  # Number of frames that could judge.

    def improves(self, other: "Agreement") -> bool:
        """True if the geometry agrees better than in `other`, and the colours not worse."""
        return (
            self.geometric < LEAST_GAIN * other.geometric
            and self.photometric < MOST_LOSS * other.photometric
        )


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedFrame:
    """A held-back frame with the depth that film and networks give it, at the working size."""

    image: np.ndarray  # uint8 RGB [H, W, 3]
    film: FilmDepth
    log_disparities: list[np.ndarray]  # Of each network, [H, W], scaled to the film's.


def judged(
    held: Sequence[HeldBack], networks: Sequence[Disparity], most: int = 60
) -> tuple[list[Agreement], list[JudgedFrame]]:
    """Compares networks with the geometry of held-back frames.

    Args:
      held: the frames.
      networks: the disparity of a frame, uint8 RGB, by each network. The film's geometry is fused
        with the first, so the first has an advantage.
      most: largest number of frames to judge; they are spread evenly.

    Returns:
      the agreement of each network, NaN if no frame can judge; and the frames that judged.
    """
    step, frames, errors = _step(held, most), [], []
    for one in held:
        images = [one.clip.image(i) for i in range(len(one.clip))]
        found = list(depth.film_depths(images, networks[0], one.clip.intrinsics))
        for i in one.judged[::step]:
            if np.sum(found[i].confidence > SURE) < FEWEST:
                continue
            frame, gaps = _compared(images[i], found[i], networks)
            warped = _warping_errors(frame, images, i, one.clip.intrinsics)
            frames.append(frame)
            errors.append(np.stack([gaps, warped], axis=-1))
    if not frames:
        return [Agreement(np.nan, np.nan, 0) for _ in networks], []
    means = np.nanmean(errors, axis=0)
    return [Agreement(*map(float, row), len(frames)) for row in means], frames


def _step(held: Sequence[HeldBack], most: int) -> int:
    """Every how many judged frames one is taken, so that at most about `most` are."""
    return max(1, math.ceil(sum(len(one.judged) for one in held) / most))


def _compared(
    image: np.ndarray, film: FilmDepth, networks: Sequence[Disparity]
) -> tuple[JudgedFrame, list[float]]:
    """Scales each network's disparity to the film's; also returns their geometric gaps."""
    size, sure, gaps, scaled = film.log_disparity.shape, film.confidence > SURE, [], []
    for disparity in networks:
        seen = cv2.resize(np.float32(disparity(image)), size[::-1])
        gap = np.log(np.maximum(seen, fusion.LEAST_DISPARITY)) - film.log_disparity
        middle = np.median(gap[sure])
        gaps.append(np.average(np.abs(gap - middle)[sure], weights=film.confidence[sure]))
        scaled.append(film.log_disparity + gap - middle)
    small = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    return JudgedFrame(small, film, scaled), gaps


def _warping_errors(
    frame: JudgedFrame, images: Sequence[np.ndarray], i: int, intrinsics: np.ndarray
) -> list[float]:
    """SSIM and L1 of the frame and its warped neighbours, of the better neighbour of each pixel."""
    size = frame.image.shape[:2]
    intrinsics = np.float32(camera.resized_intrinsics(intrinsics, images[i].shape[:2], size)[None])
    others = {
        distance: cv2.resize(images[i + distance], size[::-1], interpolation=cv2.INTER_AREA)
        for distance in (-1, 1)
        if distance in frame.film.motions
    }
    if not others:
        return [np.nan] * len(frame.log_disparities)
    target, errors = np.float32(frame.image[None]) / 255.0, []
    for log_disparity in frame.log_disparities:
        depths, views = np.exp(-log_disparity)[None, ..., None], []
        for distance, other in others.items():
            motion = np.float32(frame.film.motions[distance][None])
            flow = optical_flow.rigid_flow(depths, intrinsics, motion)
            seen = visibility.in_image(optical_flow.end_points(flow), *size)
            warped = optical_flow.warp(np.float32(other[None]) / 255.0, flow)
            error = photometric.ssim_l1(target, warped)
            views.append(np.where(seen > 0, error, np.nan))
        with warnings.catch_warnings():  # Pixels that no neighbour sees stay NaN.
            warnings.simplefilter("ignore", RuntimeWarning)
            errors.append(float(np.nanmean(np.nanmin(views, axis=0))))
    return errors


def flow_gap(
    held: Sequence[HeldBack], flow: Callable[[np.ndarray, np.ndarray], np.ndarray], most: int = 20
) -> tuple[float, float]:
    """Compares a network's flow with DIS flow where DIS leads there and back.

    Args:
      held: the frames.
      flow: the network's flow between two frames, uint8 RGB, in pixels of any size [h, w, 2].
      most: largest number of frames to compare.

    Returns:
      the mean end-point error and the mean length of DIS flow, in pixels at the working size.
    """
    step, errors, lengths = _step(held, most), [], []
    for one in held:
        size = depth.working_size(one.clip.size)
        for i in one.judged[::step]:
            pair = one.clip.image(i), one.clip.image(i + 1)
            first, second = (depth.in_grey(image, size) for image in pair)
            there, back = neighbours.flow(first, second), neighbours.flow(second, first)
            seen = neighbours.agreement(there, back) > 0
            found = np.asarray(optical_flow.resize_flow(flow(*pair)[None], *size)[0])
            errors.append(np.linalg.norm(found - there, axis=-1)[seen].mean())
            lengths.append(np.linalg.norm(there, axis=-1)[seen].mean())
    return (float(np.mean(errors)), float(np.mean(lengths))) if errors else (np.nan, np.nan)
