"""Settings of the whole process that training depends on."""

import contextlib
from collections.abc import Iterator

import cv2
import keras
import tensorflow as tf

from dfnet_tf.config import TrainingConfig


def prepare(training: TrainingConfig) -> None:
    """Sets seeds, the dtype policy, and options of TensorFlow and OpenCV."""
    # This TensorFlow graph optimization fails on the gradient of leaky ReLU and prints an error
    # that looks as if training had failed.
    tf.config.optimizer.set_experimental_options({"remapping": False})
    cv2.setNumThreads(1)  # tf.data's threads already use every core.
    keras.utils.set_random_seed(training.seed)
    keras.config.set_dtype_policy(training.precision)


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Creates the layers of this block under a dtype policy; the one before comes back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
