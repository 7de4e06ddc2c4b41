"""The input pipeline: from clip folders to training batches, in an order fixed by the seed."""

from collections.abc import Sequence

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
    paths, intrinsics = windows(clips, config)
    num_windows = len(paths)

    def sample(index):
        epoch_seed = tf.stack([np.int64(seed), index // num_windows])
        sample_seed = tf.stack([np.int64(seed), index])
        place = tf.random.experimental.index_shuffle(
            index % num_windows, epoch_seed, num_windows - 1
        )
        return _augmented(
            _frames(tf.gather(paths, place), config),
            tf.gather(intrinsics, place),
            sample_seed,
            config,
        )

    indices = tf.data.Dataset.range(first_step * config.batch_size, np.iinfo(np.int64).max)
    samples = indices.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return samples.batch(config.batch_size, drop_remainder=True).prefetch(2)


def plain_batch(clips: Sequence[Clip], config: DataConfig, places: Sequence[int]) -> dict:
    """The windows at `places` as one batch without augmentation."""
    paths, intrinsics = windows(clips, config)
    images = tf.stack([_frames(tf.constant(paths[place]), config) for place in places])
    return {
        "images": images,
        "clean_images": images,
        "intrinsics": tf.constant(intrinsics[list(places)]),
    }


def windows(clips: Sequence[Clip], config: DataConfig) -> tuple[np.ndarray, np.ndarray]:
    """Every run of consecutive frames: paths [N, F], and intrinsics [N, 3, 3] at training size."""
    paths, intrinsics = [], []
    for clip in clips:
        height, width = clip.size
        scaled = camera.scale_intrinsics(
            clip.intrinsics, config.width / width, config.height / height
        )
        for start in range(len(clip) - config.num_frames + 1):
            paths.append([str(path) for path in clip.images[start : start + config.num_frames]])
            intrinsics.append(scaled)
    if not paths:
        raise ClipError(
            f"Expected a clip of at least {config.num_frames} frames. Received: "
            + ", ".join(f"{clip.folder} ({len(clip)} frames)" for clip in clips)
        )
    return np.array(paths), np.array(intrinsics, "float32")


def _frames(paths, config: DataConfig):
    """Decodes the files of one window to [F, H, W, 3] in [0, 1] at training size."""
    frames = []
    for i in range(config.num_frames):
        image = tf.io.decode_image(tf.io.read_file(paths[i]), channels=3, expand_animations=False)
        image.set_shape([None, None, 3])
        frames.append(tf.image.resize(image, (config.height, config.width), method="area"))
    return tf.stack(frames) / 255.0


def _augmented(images, intrinsics, seed, config: DataConfig) -> dict:
    """One sample, its augmentation drawn from `seed` [2]."""
    uniform = tf.random.stateless_uniform([augment.NUM_CROP_DRAWS + augment.NUM_COLOR_DRAWS], seed)
    normal = tf.random.stateless_normal([augment.NUM_OFFSET_DRAWS], seed)
    clean, intrinsics = augment.scale_and_crop(
        images, intrinsics, uniform[: augment.NUM_CROP_DRAWS], config
    )
    jittered = augment.jitter_color(clean, uniform[augment.NUM_CROP_DRAWS :], normal, config)
    return {"images": jittered, "clean_images": clean, "intrinsics": intrinsics}
