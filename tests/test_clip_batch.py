import numpy as np
import pytest

from dfnet_tf import clip_batch


@pytest.mark.parametrize(("num_frames", "target"), [(2, 0), (3, 1), (5, 2)])
def test_target_is_the_middle_or_the_first_of_two(num_frames, target):
    assert clip_batch.target_index(num_frames) == target


def test_pairs_run_from_the_target_to_each_source_and_back():
    frames = np.array([[0, 1, 2], [10, 11, 12]], "float32")  # Two clips of three frames.
    np.testing.assert_array_equal(clip_batch.first_frames(frames), [1, 1, 0, 2, 11, 11, 10, 12])
    np.testing.assert_array_equal(clip_batch.second_frames(frames), [0, 2, 1, 1, 10, 12, 11, 11])


def test_opposite_exchanges_first_and_second():
    frames = np.arange(15.0, dtype="float32").reshape(3, 5, 1)
    first, second = clip_batch.first_frames(frames), clip_batch.second_frames(frames)
    np.testing.assert_array_equal(clip_batch.opposite(first, 5), second)


def test_motions_stand_in_the_order_of_the_pairs():
    # Motion (clip, source, direction) is numbered 100 clip + 10 source + direction.
    number = np.add.outer(np.add.outer([0, 100], [0, 10]), [0, 1])
    motions = np.repeat(number[..., None], 6, axis=-1).astype("float32")
    np.testing.assert_array_equal(
        np.array(clip_batch.motions_of_pairs(motions))[:, 0], [0, 10, 1, 11, 100, 110, 101, 111]
    )


def test_a_clips_value_is_repeated_for_each_of_its_pairs():
    np.testing.assert_array_equal(
        clip_batch.repeat_for_pairs(np.array([5, 7]), 3), [5, 5, 5, 5, 7, 7, 7, 7]
    )


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
