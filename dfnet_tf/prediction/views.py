"""The views of a recording: predictions of the networks and their geometry for every frame."""

import collections
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import tensorflow as tf

from dfnet_tf.film.depth import film_depths, scaled_motion
from dfnet_tf.geometry import camera, motion_field, object_motion, optical_flow, scene_flow
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.prediction.scale_tracker import next_scale


@dataclass(frozen=True, eq=False)
class View:
    """A frame and its predictions; all lengths of a recording are in one unit.

    For the last frame, everything that concerns the next frame is None. The last six fields need
    intrinsics and are None without them.
    """

    image: np.ndarray  # uint8 RGB [H, W, 3]
    depth: np.ndarray  # float32 [h, w]
    scale: float  # Factor of the network's depth and of the motion to the next frame.
    camera_to_first: np.ndarray | None  # [4, 4]; None: unknown.
    next_from_frame: np.ndarray | None = None  # [4, 4]
    flow: np.ndarray | None = None  # [h', w', 2] to the next frame, in pixels of h' x w'
    rigid_flow: np.ndarray | None = None  # [h, w, 2], in pixels of h x w: the sum of the next two
    rotation_flow: np.ndarray | None = None  # [h, w, 2], by the camera's rotation
    translation_flow: np.ndarray | None = None  # [h, w, 2], by the camera's translation
    object_motion: np.ndarray | None = None  # [h, w, 2], in pixels of h x w: flow minus rigid flow
    moving: np.ndarray | None = None  # [h, w], 1 where the flow cannot come from the camera
    scene_flow: np.ndarray | None = None  # [h, w, 3]


@dataclass(frozen=True, eq=False)
class Seen:
    """A frame, its depth, and the motion to the next frame if the film's geometry gives it."""

    image: np.ndarray
    depth: np.ndarray  # [h, w], from the network or the film, before the scale is fixed.
    next_from_frame: np.ndarray | None = None


def views(
    predictor: Predictor,
    frames: Iterable[np.ndarray],
    intrinsics: np.ndarray | None = None,
    film_depth: bool = False,
) -> Iterator[View]:
    """Yields the view of every frame; holds only a few frames in memory.

    Args:
      predictor: of a trained run.
      frames: uint8 RGB [H, W, 3], consecutive and of one size.
      intrinsics: [3, 3], in pixels of the frames; None: unknown. Without intrinsics the scale
        is the network's own.
      film_depth: fuse each frame's depth with its neighbouring frames (`film.depth`), and take the
        motion from there too; needs intrinsics.
    """
    scale, camera_to_first = 1.0, np.eye(4)
    if film_depth:
        seen = _seen_by_film(predictor, frames, intrinsics)
    else:
        seen = (Seen(image, 1.0 / predictor.disparity(image)) for image in frames)
    for window, i in windows(seen, predictor.frames_before, predictor.frames_after):
        images, now = [one.image for one in window], window[i]
        view = View(now.image, scale * now.depth, scale, camera_to_first)
        if i + 1 < len(window):
            motion = now.next_from_frame
            if motion is None:
                motion = np.linalg.inv(predictor.frame_from_next(images, i, intrinsics))
            pair = images[i], images[i + 1]
            view = replace(view, next_from_frame=scaled_motion(motion, scale))
            camera_to_first = camera_to_first @ np.linalg.inv(view.next_from_frame)
            if intrinsics is None:
                view = replace(view, flow=predictor.flow(*pair))
            else:
                flows = predictor.flows(*pair)
                view, scale = _with_world(view, flows, window[i + 1].depth, intrinsics)
        yield view


def _seen_by_film(
    predictor: Predictor, frames: Iterable[np.ndarray], intrinsics: np.ndarray
) -> Iterator[Seen]:
    frames, shown = itertools.tee(frames)
    found = film_depths(frames, predictor.disparity, intrinsics)
    size = None  # Of all predictions.
    for image, film in zip(shown, found, strict=True):
        size = size or predictor.disparity(image).shape
        disparity = cv2.resize(film.log_disparity, size[::-1], interpolation=cv2.INTER_AREA)
        yield Seen(image, np.exp(-disparity), film.motions.get(1))


def windows(frames: Iterable, before: int, after: int) -> Iterator[tuple[list, int]]:
    """Yields, for every frame, the frames from `before` it to `after` it, and its index in them.

    There are fewer frames at either end of the recording.
    """
    frames = iter(frames)
    held, place = collections.deque(itertools.islice(frames, after + 1)), 0
    while place < len(held):
        yield list(held), place
        held.extend(itertools.islice(frames, 1))
        if place < before:
            place += 1
        else:
            held.popleft()


def _with_world(
    view: View, flows: np.ndarray, next_depth: np.ndarray, intrinsics: np.ndarray
) -> tuple[View, float]:
    """Adds flow and the fields of `view` that need intrinsics; also returns the next frame's scale.

    Args:
      view: of a frame.
      flows: [2, h', w', 2], to the next frame and back from it.
      next_depth: [h, w], the unscaled prediction for the next frame.
      intrinsics: [3, 3], in pixels of the frame.
    """
    intrinsics = camera.resized_intrinsics(intrinsics, view.image.shape[:2], view.depth.shape)
    intrinsics, motion = np.float32(intrinsics[None]), np.float32(view.next_from_frame[None])
    depth, next_depth = view.depth[None, ..., None], next_depth[None, ..., None]

    flow, rotation, translation, moving = _flows_apart(flows, depth, intrinsics, motion)
    rigid_flow = rotation + translation
    scale = next_scale(
        view.scale, depth, view.scale * next_depth, intrinsics, motion, static=1.0 - moving
    )
    found = {
        "rigid_flow": rigid_flow,
        "rotation_flow": rotation,
        "translation_flow": translation,
        "object_motion": flow - rigid_flow,
        "moving": moving[..., 0],
        "scene_flow": _scene_flow(depth, np.float32(scale * next_depth), flow, intrinsics),
    }
    found = {name: np.asarray(maps[0]) for name, maps in found.items()}
    return replace(view, flow=flows[0], **found), scale


@tf.function(jit_compile=True)
def _flows_apart(flows, depth, intrinsics, motion):
    """The flow [1, h, w, 2] at the depth's size; the camera's two flows; the moving mask."""
    flows = optical_flow.resize_flow(flows, *depth.shape[1:3])
    rotation, translation = motion_field.flows(depth, intrinsics, motion)
    moving = object_motion.moving_mask(flows[:1], flows[1:], depth, intrinsics, motion)
    return flows[:1], rotation, translation, moving


@tf.function(jit_compile=True)
def _scene_flow(depth, next_depth, flow, intrinsics):
    there = scene_flow.depth_at_end_points(next_depth, flow)
    return scene_flow.scene_flow(depth, there, flow, intrinsics)
