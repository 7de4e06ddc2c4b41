"""Predictor: a trained DFNet for images of any size."""

import functools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from keras import ops

from dfnet_tf import clip_batch, stages
from dfnet_tf.geometry import camera, ego_motion, optical_flow, rigid_motion, visibility
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.networks.blocks import check_size
from dfnet_tf.networks.flow_net import FlowNet
from dfnet_tf.prediction.fitted_size import fitted_size

REMEMBERED = 16  # Number of cached results: overlapping windows ask for the same frames again.
LEAST_FLOW = 0.1  # Pixels, mean at the refinement's resolution; a smaller flow may be a failure.
REFINED_AT = 4  # The motion is refined at 1 / 4 of the resolution: six unknowns need few pixels.


def _remembered(method):
    """Caches a Predictor method's results by its images; the results are read-only arrays."""

    @functools.wraps(method)
    def answer(self, *images: np.ndarray) -> np.ndarray:
        # Python's hash of bytes takes a quarter of the time of blake2b.
        seen = [(image.shape, hash(image.tobytes())) for image in images]
        question = method.__name__, *seen
        if question not in self._answers:
            if len(self._answers) == REMEMBERED:
                del self._answers[next(iter(self._answers))]  # The oldest result.
            self._answers[question] = method(self, *images)
            self._answers[question].setflags(write=False)
        return self._answers[question]

    return answer


class Predictor:
    """Runs the three networks separately on uint8 RGB images [H, W, 3].

    Images are area-resized: for depth and motion to the training resolution, for flow to a size of
    the images' own shape with about as many pixels (`fitted_size`). `flow_size` (height, width)
    replaces the latter: KITTI's flow is evaluated at 384x1280.

    Attributes:
      num_frames: number of consecutive frames from which the motion between a frame and the next is
        predicted: the frame, `frames_before` it and `frames_after` it.
      depth_size: (height, width) of disparities.
      refines_motion: True if the run has all networks. Then, with known intrinsics, the pose
        network's motion is refined until depth and flow agree (`geometry.ego_motion`).
    """

    def __init__(self, model: DFNet, flow_size: tuple[int, int] | None = None):
        self.num_frames = model.config.data.num_frames
        self.frames_before = clip_batch.target_index(self.num_frames)
        self.frames_after = self.num_frames - 1 - self.frames_before
        self._flow_size, self.depth_size = flow_size, model.depth_size
        self._trained_flow = model.flow_size, model.flow_net.size_multiple
        self.refines_motion = model.stage.networks == stages.NETWORKS
        check_size(flow_size or model.flow_size, model.flow_net.size_multiple)
        self._coarse_size = tuple(side // REFINED_AT for side in self.depth_size)
        self._disparity = tf.function(lambda images: model.depth_net(images)[0])
        self._flow = tf.function(lambda first, second: model.flow_net(first, second)[0])
        self._flows = tf.function(lambda images: _both_ways(model.flow_net, images))
        self._motions = tf.function(lambda target, sources: model.pose_net(target, sources))
        self._answers = {}

    @_remembered
    def disparity(self, image: np.ndarray) -> np.ndarray:
        """Disparity (1 / depth, up to scale), float32 [h, w] at the network's resolution."""
        return self._disparity(resized([image], self.depth_size)).numpy()[0, ..., 0]

    @_remembered
    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Flow first -> second, float32 [h, w, 2], in pixels of h x w = `flow_size(first)`."""
        size = self.flow_size(first)
        images = resized([first, second], size)
        flow = self._flow(images[:1], images[1:])
        return optical_flow.resize_flow(flow, *size).numpy()[0]

    @_remembered
    def flows(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Flow first -> second and second -> first, float32 [2, h, w, 2].

        Each image is encoded once, so this is faster than two calls of `flow`.
        """
        size = self.flow_size(first)
        flows = self._flows(resized([first, second], size))
        return optical_flow.resize_flow(flows, *size).numpy()

    def flow_size(self, image: np.ndarray) -> tuple[int, int]:
        """The (height, width) of the flow between images of this one's size."""
        return self._flow_size or fitted_size(image.shape[:2], *self._trained_flow)

    def rigid_flow(
        self, images: Sequence[np.ndarray], index: int, intrinsics: np.ndarray
    ) -> np.ndarray:
        """The flow from frame `index` to the next frame induced by depth and camera motion.

        Args:
          images: consecutive frames.
          index: index of the frame, not the last.
          intrinsics: [3, 3], in pixels of the frames.

        Returns:
          float32 [h, w, 2], in pixels of the depth network's resolution h x w.
        """
        scaled = camera.resized_intrinsics(intrinsics, images[index].shape[:2], self.depth_size)
        next_from_frame = np.linalg.inv(self.frame_from_next(images, index, intrinsics))
        depth = 1.0 / self.disparity(images[index])[None, ..., None]
        return optical_flow.rigid_flow(
            depth, np.float32(scaled[None]), np.float32(next_from_frame[None])
        ).numpy()[0]

    def motions(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """`source_from_target` [S, 4, 4] for a window of `num_frames` frames."""
        frames = resized(images, self.depth_size)[None]
        sources = ops.take(frames, clip_batch.source_indices(self.num_frames), axis=1)
        motions = self._motions(frames[:, clip_batch.target_index(self.num_frames)], sources)
        return rigid_motion.matrix_from_six_vector(motions[0, :, 0]).numpy().astype("float64")

    def snippet(
        self, images: Sequence[np.ndarray], intrinsics: np.ndarray | None = None
    ) -> np.ndarray:
        """Poses `camera_to_first` [N, 4, 4] of consecutive frames, up to scale.

        Chains the motions between neighbours, each predicted from the window around it. If motions
        are not refined, a window of exactly `num_frames` frames is predicted at once.

        Args:
          images: consecutive frames.
          intrinsics: [3, 3], in pixels of the frames; None: unknown, so motions are not refined.
        """
        refines = self.refines_motion and intrinsics is not None
        if len(images) == self.num_frames and self.num_frames > 2 and not refines:
            target = clip_batch.target_index(self.num_frames)
            target_from_frame = np.insert(
                np.linalg.inv(self.motions(images)), target, np.eye(4), axis=0
            )
            return np.linalg.inv(target_from_frame[0]) @ target_from_frame
        poses = [np.eye(4)]
        for i in range(len(images) - 1):
            poses.append(poses[-1] @ self.frame_from_next(images, i, intrinsics))
        return np.stack(poses)

    def frame_from_next(
        self, images: Sequence[np.ndarray], index: int, intrinsics: np.ndarray | None = None
    ) -> np.ndarray:
        """The motion [4, 4] from frame `index + 1` to frame `index`, the order of chained poses.

        The arguments are as in `snippet`.
        """
        window = [
            images[min(max(place, 0), len(images) - 1)]
            for place in range(index - self.frames_before, index + self.frames_after + 1)
        ]
        next_from_frame = self.motions(window)[self.frames_before]  # The first later source.
        if self.refines_motion and intrinsics is not None:
            frame, following = images[index], images[index + 1]
            size = self._coarse_size
            disparities = np.stack([self.disparity(frame), self.disparity(following)])
            next_from_frame = _refined(
                resized([frame, following], size),
                np.float32(next_from_frame[None]),
                optical_flow.resize_flow(self.flows(frame, following), *size),
                ops.image.resize(disparities[..., None], size),
                np.float32(camera.resized_intrinsics(intrinsics, frame.shape[:2], size)[None]),
            )[0].numpy()
        return np.linalg.inv(np.float64(next_from_frame))


def _both_ways(flow_net: FlowNet, images):
    """The finest flows between two images [2, H, W, 3]: from the first, and from the second."""
    features = flow_net.encode(images)
    others = [ops.flip(level, axis=0) for level in features]
    return flow_net.estimate(features, others)[0]


@tf.function(jit_compile=True)
def _refined(frames, motion, flows, disparities, intrinsics):
    """`ego_motion.refined` with the pixels whose flows agree; everything has the frames' size.

    If there is hardly any flow, it must explain the two frames better than the pose network's
    motion does: a flow network that failed predicts zero in both directions, like a camera that
    stands still.

    Args:
      frames: [2, H, W, 3], a frame and the next.
      motion: [1, 4, 4], the pose network's motion from the frame to the next.
      flows: [2, H, W, 2], from the frame to the next, and back.
      disparities: [2, H, W, 1] of both frames.
      intrinsics: [1, 3, 3].
    """
    (frame, following), (flow, backward), (disparity, next_disparity) = (
        (maps[:1], maps[1:]) for maps in (frames, flows, disparities)
    )
    visible = visibility.visible(flow, optical_flow.warp(backward, flow))
    visible_back = visibility.visible(backward, optical_flow.warp(flow, backward))
    by_flow, by_guess = (
        ops.sum(visible * ops.abs(optical_flow.warp(following, way) - frame))
        for way in (flow, optical_flow.rigid_flow(1.0 / disparity, intrinsics, motion))
    )
    found = ops.logical_or(ops.mean(ops.norm(flow, axis=-1)) > LEAST_FLOW, by_flow < by_guess)
    found = ops.cast(found, "float32")
    there = ego_motion.Way(flow, disparity, found * visible)
    back = ego_motion.Way(backward, next_disparity, found * visible_back)
    return ego_motion.refined(motion, there, back, intrinsics)


def resized(images: Sequence[np.ndarray], size: tuple[int, int]) -> tf.Tensor:
    """Converts uint8 images to the networks' input: float32 [N, *size, 3] in [0, 1]."""
    stacked = tf.stack([tf.image.resize(image[None], size, method="area")[0] for image in images])
    return stacked / 255.0
