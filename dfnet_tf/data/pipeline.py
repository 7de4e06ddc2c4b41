"""The input pipeline: from clips to training batches, in an order fixed by the seed.

Pictures are made by OpenCV, in bytes, several times as fast as by TensorFlow's operations; Python's
lock is free meanwhile.
"""

import contextlib
import functools
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import tensorflow as tf

from dfnet_tf.config import DataConfig
from dfnet_tf.data import augment, records
from dfnet_tf.data.clip import Clip, ClipError
from dfnet_tf.data.python_exit import FinishedBeforeExit
from dfnet_tf.data.record_clip import RecordClip
from dfnet_tf.geometry import camera

NUM_UNIFORM_DRAWS = augment.NUM_CROP_DRAWS, augment.NUM_COLOR_DRAWS, augment.NUM_FLIP_DRAWS


def training_batches(
    clips: Sequence[Clip], config: DataConfig, seed: int, first_step: int = 0
) -> tf.data.Dataset:
    """Endless shuffled, augmented batches, as `DFNet` takes them.

    Every epoch visits each window of consecutive frames once, in another order. Batch number k is
    the same whether the run started at step 0 or resumed at k.

    Args:
      clips: where the frames come from.
      config: sizes and augmentation.
      seed: decides order and augmentation.
      first_step: how many batches to pass over.

    Raises:
      ClipError: no clip has as many frames as a window.
    """
    cv2.setNumThreads(1)  # The threads of tf.data occupy every core.
    places, cameras = windows(clips, config)
    num_windows = len(places)
    moved = _moved(config)
    augmented = functools.partial(_augmented, clips, config)

    def sample(index):
        epoch_seed = tf.stack([np.int64(seed), index // num_windows])
        sample_seed = tf.stack([np.int64(seed), index])
        place = tf.random.experimental.index_shuffle(
            index % num_windows, epoch_seed, num_windows - 1
        )
        own = {name: tf.gather(values, place) for name, values in cameras.items()}
        uniform = tf.random.stateless_uniform([sum(NUM_UNIFORM_DRAWS)], sample_seed)
        normal = tf.random.stateless_normal([augment.NUM_OFFSET_DRAWS], sample_seed)
        arguments = tf.gather(places, place), own[moved], uniform, normal
        jittered, clean, to_pixels = tf.numpy_function(
            augmented, arguments, [tf.uint8, tf.uint8, tf.float32]
        )
        return {"images": jittered, "clean_images": clean, **own, moved: to_pixels}

    indices = tf.data.Dataset.range(first_step * config.batch_size, np.iinfo(np.int64).max)
    samples = indices.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    batches = samples.batch(config.batch_size, drop_remainder=True)
    finished = functools.partial(_finished, config=config)
    return batches.map(finished, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def plain_batch(clips: Sequence[Clip], config: DataConfig, places: Sequence[int]) -> dict:
    """The windows at `places` as one batch without augmentation."""
    every_place, cameras = windows(clips, config)
    size = config.height, config.width
    images = np.array(
        [
            [augment.resize(image, size) for image in _images(clips, config, every_place[place])]
            for place in places
        ]
    )
    return {
        "images": _unit_range(images),
        "clean_images": _unit_range(images),
        **{name: tf.constant(values[list(places)]) for name, values in cameras.items()},
    }


@contextlib.contextmanager
def broken_images_named(clips: Sequence[Clip]) -> Iterator[None]:
    """Turns the error of a batch that could not be read into a ClipError naming file and frame.

    TensorFlow's own error is a traceback of its threads.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError:
        records.check_shards([clip for clip in clips if isinstance(clip, RecordClip)])
        for clip in clips:
            for i in range(len(clip)):
                clip.image(i)
        raise


def windows(clips: Sequence[Clip], config: DataConfig) -> tuple[np.ndarray, dict]:
    """Every run of consecutive frames.

    Returns:
      the number of the clip and of the first frame [N, 2]; and what a batch says of the camera:
      `intrinsics` [N, 3, 3] at training size or, where they are learned, `clip` [N] and `crop`
      [N, 3, 3], the identity.
    """
    places = [
        (number, start)
        for number, clip in enumerate(clips)
        for start in range(len(clip) - config.num_frames + 1)
    ]
    if not places:
        raise ClipError(
            f"Expected a clip of at least {config.num_frames} frames. Received: "
            + ", ".join(f"{clip.folder} ({len(clip)} frames)" for clip in clips)
        )
    return np.array(places, "int32"), _cameras(clips, [number for number, _ in places], config)


def _cameras(clips: Sequence[Clip], numbers: list[int], config: DataConfig) -> dict:
    """What a batch says of the camera of each window, `numbers` being its clip's; see `windows`."""
    if config.intrinsics == "learned":
        identities = np.tile(np.eye(3, dtype="float32"), (len(numbers), 1, 1))
        return {"clip": np.array(numbers, "int32"), "crop": identities}
    return {"intrinsics": intrinsics_at_training_size(clips, config)[numbers]}


def intrinsics_at_training_size(clips: Sequence[Clip], config: DataConfig) -> np.ndarray:
    """The intrinsics of each clip, in pixels of the frames as they are trained on, [N, 3, 3]."""
    scaled = [
        camera.scale_intrinsics(
            clip.intrinsics, config.width / clip.size[1], config.height / clip.size[0]
        )
        for clip in clips
    ]
    return np.array(scaled, "float32")


def _images(clips: Sequence[Clip], config: DataConfig, place) -> list[np.ndarray]:
    """The images of the window at `place`, (clip, first frame), as they are in their files."""
    number, start = place
    return [clips[number].image(i) for i in range(start, start + config.num_frames)]


@FinishedBeforeExit
def _augmented(clips, config: DataConfig, place, to_pixels, uniform, normal):
    """Jittered and clean frames of a window, uint8 [F, H, W, 3], and what leads to their pixels."""
    crop, color, flip = np.split(uniform, np.cumsum(NUM_UNIFORM_DRAWS)[:-1])
    images, size = _images(clips, config, place), (config.height, config.width)
    clean, to_pixels = augment.scale_and_crop(images, to_pixels, crop, size, config.max_scale)
    if config.flip:
        clean, to_pixels = augment.mirror(clean, to_pixels, flip[0])
    return augment.jitter_bytes(clean, color, normal, config), clean, to_pixels


def _finished(batch: dict, config: DataConfig) -> dict:
    """A batch as `DFNet` takes it: images in floats, shapes known, X never turned about."""
    frames = config.batch_size, config.num_frames, config.height, config.width, 3
    for name in ("images", "clean_images"):
        batch[name] = tf.ensure_shape(_unit_range(batch[name]), frames)
    moved = _moved(config)
    batch[moved] = tf.ensure_shape(batch[moved], [config.batch_size, 3, 3])
    if moved == "intrinsics":
        batch[moved] = camera.of_mirrored_world(batch[moved])
    return batch


def _moved(config: DataConfig) -> str:
    """Which matrix of a batch moves along with its pixels."""
    return "crop" if config.intrinsics == "learned" else "intrinsics"


def _unit_range(images):
    """Bytes as floats in [0, 1]: in one pass over them, where a cast and a product are two."""
    levels = tf.bitcast(images, tf.quint8)
    return tf.quantization.dequantize(levels, 0.0, 1.0, mode="MIN_COMBINED")
