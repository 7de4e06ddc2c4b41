from types import SimpleNamespace

import numpy as np
import pytest

from dfnet_tf.data.batches.degradation import degrade
from dfnet_tf.presets import preset

NOTHING = preset("tiny").data
EVERYTHING = SimpleNamespace(grey=0.3, blur=2.0, grain=0.1)
LEAST = 0.49  # A draw below a half neither blurs nor adds grain.


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, [2, 32, 64, 3]).astype("uint8")


def test_the_presets_degrade_nothing(images):
    np.testing.assert_array_equal(
        degrade(images, np.float32([0.0, 0.9, 0.9, 0.5]), NOTHING), images
    )


def test_a_share_of_the_clips_becomes_grey(images):
    grey = degrade(images, [0.29, LEAST, LEAST, 0.5], EVERYTHING)
    assert (grey == grey[..., :1]).all() and grey.std() > 10
    np.testing.assert_array_equal(degrade(images, [0.31, LEAST, LEAST, 0.5], EVERYTHING), images)


def test_blur_lowers_contrast_and_keeps_brightness(images):
    little, much = (degrade(images, [0.9, draw, LEAST, 0.5], EVERYTHING) for draw in (0.6, 0.95))
    assert images.std() > little.std() > much.std()
    assert much.mean() == pytest.approx(images.mean(), rel=0.02)


def test_grain_has_the_drawn_strength_and_differs_between_frames():
    flat = np.full([2, 64, 64, 3], 128, "uint8")
    noisy = degrade(flat, [0.9, LEAST, 0.75, 0.25], EVERYTHING) / 255.0
    assert noisy[0].std() == pytest.approx(0.05, rel=0.05)
    assert noisy.mean() == pytest.approx(128 / 255, abs=0.002)
    assert abs(np.corrcoef(noisy[0].ravel(), noisy[1].ravel())[0, 1]) < 0.05
    again = degrade(flat, [0.9, LEAST, 0.75, 0.25], EVERYTHING) / 255.0
    np.testing.assert_array_equal(again, noisy)
