import cv2
import keras
import pytest

from dfnet_tf.presets import preset
from dfnet_tf.training import runtime


def test_a_seed_and_a_precision_count_from_then_on():
    training = preset("tiny").replace(training__precision="mixed_bfloat16").training
    runtime.prepare(training)
    first = keras.random.normal([3])
    runtime.prepare(training)
    assert (keras.random.normal([3]) == first).numpy().all()
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert cv2.getNumThreads() == 1


def test_a_policy_lasts_as_long_as_its_block_even_if_that_fails():
    keras.config.set_dtype_policy("mixed_float16")
    with pytest.raises(KeyError), runtime.dtype_policy("float32"):
        assert keras.layers.Dense(1).dtype_policy.name == "float32"
        raise KeyError
    assert keras.config.dtype_policy().name == "mixed_float16"
