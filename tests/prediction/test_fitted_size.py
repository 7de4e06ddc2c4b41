"""The size of a network's input: the pictures' shape, about the trained number of pixels."""

import pytest

from dfnet_tf.prediction.fitted_size import fitted_size

TRAINED = (256, 768)


@pytest.mark.parametrize("shown", [(256, 768), (375, 1242), (192, 640), (128, 384)])
def test_pictures_of_nearly_the_trained_shape_get_the_trained_size(shown):
    assert fitted_size(shown, TRAINED, 64) == TRAINED


@pytest.mark.parametrize(
    ("shown", "size"),
    [((480, 640), (384, 512)), ((1080, 1920), (320, 576)), ((1920, 1080), (576, 320))],
)
def test_other_pictures_keep_their_shape(shown, size):
    assert fitted_size(shown, TRAINED, 64) == size


@pytest.mark.parametrize("shown", [(100, 100), (300, 1000), (200, 1000), (1000, 200)])
@pytest.mark.parametrize("multiple", [32, 64])
def test_sides_are_multiples_and_the_area_is_near(shown, multiple):
    height, width = fitted_size(shown, (128, 384), multiple)
    assert height % multiple == 0 and width % multiple == 0
    assert 0.5 < height * width / (128 * 384) < 2.0


def test_a_turned_picture_gets_the_turned_size():
    height, width = fitted_size((720, 1280), TRAINED, 64)
    assert fitted_size((1280, 720), TRAINED, 64) == (width, height)
