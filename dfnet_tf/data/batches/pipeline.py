"""The input pipeline: from clips to training batches, in an order fixed by the seed.

OpenCV processes the images as bytes, several times as fast as TensorFlow's operations, and releases
Python's lock meanwhile.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dfnet_tf.config import DataConfig
from dfnet_tf.data.batches import augmentation, degradation
from dfnet_tf.data.batches.broken_frames import BrokenFrames
from dfnet_tf.data.batches.labels import Labels
from dfnet_tf.data.batches.python_exit import FinishedBeforeExit
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.geometry import camera, patchwork

NUM_UNIFORM_DRAWS = (
    augmentation.NUM_CROP_DRAWS,
    augmentation.NUM_COLOR_DRAWS,
    augmentation.NUM_FLIP_DRAWS,
    augmentation.NUM_ZOOM_DRAWS,
    degradation.NUM_DRAWS,
)


@dataclasses.dataclass(frozen=True)
class Part:
    """The part of each global batch that one of several workers makes.

    A global batch is cut into `workers` equal runs of samples. The worker makes run number
    `worker`, cut into one batch for each of its `replicas`.
    """

    worker: int = 0
    workers: int = 1
    replicas: int = 1


def training_batches(
    clips: Sequence[Clip],
    config: DataConfig,
    seed: int,
    first_step: int = 0,
    part: Part = Part(),
    broken: BrokenFrames | None = None,
    labels: Labels | None = None,
) -> tf.data.Dataset:
    """Endless shuffled, augmented batches for `DFNet` and the students.

    Every epoch visits each window of consecutive frames once, in a new order. Batch number k does
    not depend on whether the run started at step 0 or was resumed at k, nor, after joining the
    parts, on the number of workers. Workers share the *index*, unlike tf.data's auto-sharding,
    which shares files: the frames of a window and the windows of a batch may be in any file. Each
    worker reads only its own windows, and no two workers read the same window in an epoch.

    Args:
      clips: the source of frames.
      config: sizes and augmentation; `batch_size` is the size of the global batch.
      seed: determines order and augmentation.
      first_step: number of global batches to skip.
      part: the samples of each global batch to make.
      broken: counts unreadable windows, each of which is replaced by the next readable one.
      labels: of the first frame of a window; augmented like the frames, they become `labels`
        [B, 1, H, W, C]. They determine the length of a window. A batch then has as many windows as
        fit into the configured clips.

    Raises:
      ClipError: no clip has as many frames as a window. During iteration, too many broken windows
        raise TensorFlow's InvalidArgumentError; see `broken_frames.tolerated`.
    """
    length, global_batch = config.num_frames, config.batch_size
    if labels:
        length = labels.num_frames
        global_batch = config.batch_size * (config.num_frames - length + 1)
    places, cameras = windows(clips, config, length)
    num_windows = len(places)
    moved = _moved(config)
    broken = broken or BrokenFrames(num_windows, config.broken_share)
    read = functools.partial(_window, clips, places, length, labels)
    augmented = functools.partial(_augmented, read, broken, config, labels, cameras[moved])

    def sample(index):
        epoch_seed = tf.stack([np.int64(seed), index // num_windows])
        sample_seed = tf.stack([np.int64(seed), index])
        place = tf.random.experimental.index_shuffle(
            index % num_windows, epoch_seed, num_windows - 1
        )
        uniform = tf.random.stateless_uniform([sum(NUM_UNIFORM_DRAWS)], sample_seed)
        normal = tf.random.stateless_normal([augmentation.NUM_OFFSET_DRAWS], sample_seed)
        kinds = [tf.int64, tf.uint8, tf.uint8, tf.float32, tf.float32]
        place, jittered, clean, taught, to_pixels = tf.numpy_function(
            augmented, (place, uniform, normal), kinds
        )
        place = tf.ensure_shape(place, [])  # Not the drawn one if its window is broken.
        own = {name: tf.gather(values, place) for name, values in cameras.items()}
        draws_shape = length, patchwork.NUM_DRAWS + bool(labels)  # See `film_student.NUM_DRAWS`.
        draws = tf.random.stateless_uniform(draws_shape, ~sample_seed)  # Differs from `uniform`.
        frames = {"images": jittered, "clean_images": clean, "draws": draws}
        frames |= {"labels": taught} if labels else {}
        return {**frames, **own, moved: to_pixels}

    indices = _indices(global_batch, first_step, part)
    samples = indices.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batch_size = global_batch // (part.workers * part.replicas)
    batches = samples.batch(batch_size, drop_remainder=True)
    shape = batch_size, length, config.height, config.width
    channels = labels.num_channels if labels else 0
    finished = functools.partial(_finished, config=config, shape=shape, channels=channels)
    return batches.map(finished, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2 * part.replicas)


def _indices(batch_size: int, first_step: int, part: Part) -> tf.data.Dataset:
    """The indices of a worker's samples; global batch k has k * batch_size + 0, 1, ..."""
    own = batch_size // part.workers

    def index(i):
        return (first_step + i // own) * batch_size + part.worker * own + i % own

    return tf.data.Dataset.range(np.iinfo(np.int64).max).map(index)


def plain_batch(
    clips: Sequence[Clip],
    config: DataConfig,
    places: Sequence[int],
    broken: BrokenFrames | None = None,
) -> dict:
    """The windows at `places` as one batch without augmentation; `broken`: as above.

    Raises:
      ClipError: too many windows are broken.
    """
    every_place, cameras = windows(clips, config)
    broken = broken or BrokenFrames(len(every_place), config.broken_share)
    read = functools.partial(_window, clips, every_place, config.num_frames, None)
    drawn = [broken.first_whole(place, read, len(every_place)) for place in places]
    size, whole = (config.height, config.width), [place for place, _ in drawn]
    images = np.array([[augmentation.resize(image, size) for image in w.images] for _, w in drawn])
    return {
        "images": _unit_range(images),
        "clean_images": _unit_range(images),
        **{name: tf.constant(values[whole]) for name, values in cameras.items()},
    }


def windows(
    clips: Sequence[Clip], config: DataConfig, length: int | None = None
) -> tuple[np.ndarray, dict]:
    """Every run of `length` consecutive frames; default: the configured number.

    Returns:
      the indices of the clip and of the first frame [N, 2]; and the camera data of a batch:
      `intrinsics` [N, 3, 3] at training size or, if they are learned, `clip` [N] and `crop`
      [N, 3, 3], the identity.
    """
    length = length or config.num_frames
    places = [
        (number, start)
        for number, clip in enumerate(clips)
        for start in range(len(clip) - length + 1)
    ]
    if not places:
        longest = max(clips, key=len)
        raise ClipError(
            f"Expected a clip of at least {length} frames. Received: {len(clips)} clips; the "
            f"longest, {longest.folder}, has {len(longest)} frames."
        )
    return np.array(places, "int32"), _cameras(clips, [number for number, _ in places], config)


def _cameras(clips: Sequence[Clip], numbers: list[int], config: DataConfig) -> dict:
    """The camera data of windows, given the index of each window's clip; see `windows`."""
    if config.intrinsics == "learned":
        identities = np.tile(np.eye(3, dtype="float32"), (len(numbers), 1, 1))
        return {"clip": np.array(numbers, "int32"), "crop": identities}
    return {"intrinsics": intrinsics_at_training_size(clips, config)[numbers]}


def intrinsics_at_training_size(clips: Sequence[Clip], config: DataConfig) -> np.ndarray:
    """The intrinsics of each clip, in pixels of the training frames, [N, 3, 3]."""
    size = config.height, config.width
    moved = [camera.resized_intrinsics(clip.intrinsics, clip.size, size) for clip in clips]
    return np.array(moved, "float32")


class Window(NamedTuple):
    """Consecutive frames as in their files, and their labels if there are any."""

    images: list[np.ndarray]
    labels: list[np.ndarray]  # The label of the first frame, or empty.


def _window(clips: Sequence[Clip], places, length: int, labels, number: int) -> Window:
    """The window with index `number`; ClipError if an image or a label cannot be read."""
    clip, start = places[number]
    frames = range(start, start + length)
    images = [clips[clip].image(frame) for frame in frames]
    return Window(images, [labels.read(clip, start)] if labels else [])


@FinishedBeforeExit
def _augmented(
    read: Callable,
    broken: BrokenFrames,
    config: DataConfig,
    labels: Labels | None,
    cameras,
    window,
    uniform,
    normal,
):
    """The first intact window from `window` on, augmented by the draws `uniform` and `normal`.

    Returns:
      its index; its frames jittered and clean, uint8 [F, H, W, 3]; its label, float32
      [1, H, W, C], or [0]; the matrix that maps to its pixels.
    """
    crop, color, flip, zoom, degrading = np.split(uniform, np.cumsum(NUM_UNIFORM_DRAWS)[:-1])
    window, frames = broken.first_whole(int(window), read, len(cameras))
    before = cameras[window]
    clean, after = augmentation.scale_and_crop(frames.images, before, crop, zoom[0], config)
    if config.flip:
        clean, after = augmentation.mirror(clean, after, flip[0])
    new_from_old = (after @ np.linalg.inv(np.float64(before)))[:2]
    taught = [labels.moved(label, new_from_old) for label in frames.labels]
    jittered = augmentation.jitter_bytes(clean, color, normal, config)
    jittered = degradation.degrade(jittered, degrading, config)
    return np.int64(window), jittered, clean, np.array(taught, "float32"), after


def _finished(
    batch: dict, config: DataConfig, shape: tuple[int, int, int, int], channels: int
) -> dict:
    """Converts a batch for `DFNet`: float images, static shapes, intrinsics with positive fx.

    `shape` is (batch, frames, height, width) of the images, `channels` the labels' channels.
    """
    for name in ("images", "clean_images"):
        batch[name] = tf.ensure_shape(_unit_range(batch[name]), (*shape, 3))
    if "labels" in batch:
        batch["labels"] = tf.ensure_shape(batch["labels"], (shape[0], 1, *shape[2:], channels))
    moved = _moved(config)
    batch[moved] = tf.ensure_shape(batch[moved], [shape[0], 3, 3])
    if moved == "intrinsics":
        batch[moved] = camera.of_mirrored_world(batch[moved])
    return batch


def _moved(config: DataConfig) -> str:
    """The name of the matrix that augmentation updates."""
    return "crop" if config.intrinsics == "learned" else "intrinsics"


def _unit_range(images):
    """Converts bytes to floats in [0, 1] in one pass; a cast and a product would take two."""
    levels = tf.bitcast(images, tf.quint8)
    return tf.quantization.dequantize(levels, 0.0, 1.0, mode="MIN_COMBINED")
