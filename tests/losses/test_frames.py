import numpy as np

from dfnet_tf import clip_batch


def clips(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def test_the_frames_of_a_clip_stand_together_and_become_the_clip_again():
    maps = clips(2, 3, 4, 6, 1)
    together = np.array(clip_batch.as_frames(maps))
    np.testing.assert_array_equal(together[4], maps[1, 1])
    np.testing.assert_array_equal(clip_batch.as_clips(together, 3), maps)


def test_a_reduced_pixel_is_the_mean_of_those_it_covers():
    maps = clips(2, 3, 4, 8, 3)
    reduced = np.array(clip_batch.reduced(maps, 4))
    assert reduced.shape == (2, 3, 1, 2, 3)
    np.testing.assert_allclose(reduced[1, 2, 0, 1], maps[1, 2, :, 4:].mean(axis=(0, 1)), rtol=1e-5)


def test_reduced_by_one_a_clip_is_itself():
    maps = clips(1, 2, 4, 4, 3)
    np.testing.assert_array_equal(clip_batch.reduced(maps, 1), maps)
