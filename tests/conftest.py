"""Shared by all tests: TensorFlow quiet, and every test from the same random state."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import pytest


@pytest.fixture(autouse=True)
def _same_random_state():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
