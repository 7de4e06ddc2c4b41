"""The input pipeline: from clip folders to training batches, in an order fixed by the seed."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from dfnet_tf.config import DataConfig
from dfnet_tf.data import augment
from dfnet_tf.data.clip import Clip, ClipError
from dfnet_tf.geometry import camera


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
    paths, sizes, intrinsics = windows(clips, config)
    num_windows = len(paths)

    def sample(index):
        epoch_seed = tf.stack([np.int64(seed), index // num_windows])
        sample_seed = tf.stack([np.int64(seed), index])
        place = tf.random.experimental.index_shuffle(
            index % num_windows, epoch_seed, num_windows - 1
        )
        return _augmented(
            _frames(tf.gather(paths, place), tf.gather(sizes, place), config),
            tf.gather(intrinsics, place),
            sample_seed,
            config,
        )

    indices = tf.data.Dataset.range(first_step * config.batch_size, np.iinfo(np.int64).max)
    samples = indices.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return samples.batch(config.batch_size, drop_remainder=True).prefetch(2)


def plain_batch(clips: Sequence[Clip], config: DataConfig, places: Sequence[int]) -> dict:
    """The windows at `places` as one batch without augmentation."""
    paths, sizes, intrinsics = windows(clips, config)
    images = tf.stack([_frames(paths[place], sizes[place], config) for place in places])
    return {
        "images": images,
        "clean_images": images,
        "intrinsics": tf.constant(intrinsics[list(places)]),
    }


@contextlib.contextmanager
def broken_images_named(clips: Sequence[Clip]) -> Iterator[None]:
    """Turns the error of a batch that could not be read into a ClipError naming the file.

    TensorFlow's own error names only the operation that failed.
    """
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError):
        for clip in clips:
            _check_images(clip)
        raise


def windows(clips: Sequence[Clip], config: DataConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every run of consecutive frames.

    Returns:
      paths [N, F]; the sizes of the files' images [N, 2], (height, width); intrinsics [N, 3, 3] at
      training size.
    """
    paths, sizes, intrinsics = [], [], []
    for clip in clips:
        height, width = clip.size
        scaled = camera.scale_intrinsics(
            clip.intrinsics, config.width / width, config.height / height
        )
        for start in range(len(clip) - config.num_frames + 1):
            paths.append([str(path) for path in clip.images[start : start + config.num_frames]])
            sizes.append(clip.size)
            intrinsics.append(scaled)
    if not paths:
        raise ClipError(
            f"Expected a clip of at least {config.num_frames} frames. Received: "
            + ", ".join(f"{clip.folder} ({len(clip)} frames)" for clip in clips)
        )
    return np.array(paths), np.array(sizes, "int32"), np.array(intrinsics, "float32")


def _frames(paths, size, config: DataConfig):
    """Decodes the files of one window to [F, H, W, 3] in [0, 1] at training size."""
    frames = []
    for i in range(config.num_frames):
        image = _decoded(paths[i], size)
        frames.append(tf.image.resize(image, (config.height, config.width), method="area"))
    return tf.stack(frames) / 255.0


def _decoded(path, size):
    """An image file as uint8 [H, W, 3]; an error unless (H, W) is `size`, as the intrinsics are."""
    image = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
    tf.debugging.assert_equal(tf.shape(image)[:2], size)
    image.set_shape([None, None, 3])
    return image


def _check_images(clip: Clip) -> None:
    """Raises ClipError for the first image that the pipeline cannot take."""
    for i, path in enumerate(clip.images):
        try:
            _decoded(str(path), clip.size)
        except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
            clip.image(i)  # OpenCV's reasons are plainer; but it heeds EXIF, TensorFlow does not.
            height, width = clip.size
            raise ClipError(
                f"{path}: expected an image of {width}x{height} pixels that no EXIF tag turns. "
                f"Received: {error.message}"
            ) from error


def _augmented(images, intrinsics, seed, config: DataConfig) -> dict:
    """One sample, its augmentation drawn from `seed` [2]."""
    sizes = augment.NUM_CROP_DRAWS, augment.NUM_COLOR_DRAWS, augment.NUM_FLIP_DRAWS
    crop, color, flip = tf.split(tf.random.stateless_uniform([sum(sizes)], seed), sizes)
    offsets = tf.random.stateless_normal([augment.NUM_OFFSET_DRAWS], seed)
    clean, intrinsics = augment.scale_and_crop(images, intrinsics, crop, config)
    if config.flip:
        clean, intrinsics = augment.mirror(clean, intrinsics, flip[0])
    jittered = augment.jitter_color(clean, color, offsets, config)
    return {"images": jittered, "clean_images": clean, "intrinsics": intrinsics}
