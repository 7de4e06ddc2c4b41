import cv2
import numpy as np
import pytest

from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.sources import flying_shapes

HEIGHT, WIDTH = 96, 160
PICTURE = np.random.default_rng(9).integers(0, 256, (60, 80, 3)).astype("uint8")


@pytest.fixture(scope="module")
def pairs():
    return [flying_shapes.render_pair(seed, HEIGHT, WIDTH) for seed in range(6)]


def gap_along(pair, flow):
    """Difference of the first frame and the second frame sampled by the flow, without exposure."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype("float32")
    read = cv2.remap(pair.second, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    difference = np.float32(read) - pair.first
    return np.abs(difference - np.median(difference, axis=(0, 1))).mean(axis=-1)


def test_the_flow_leads_to_the_same_point_wherever_that_is_visible(pairs):
    for pair in pairs:
        seen = pair.visible > 0
        gap, still = (gap_along(pair, factor * pair.flow)[seen] for factor in (1, 0))
        assert np.median(gap) < 6  # Noise.
        assert gap.mean() < 0.6 * still.mean()


def test_hidden_points_look_different_there(pairs):
    hidden, seen = [], []
    for pair in pairs:
        gap = gap_along(pair, pair.flow)
        ends = np.mgrid[:HEIGHT, :WIDTH][::-1].transpose(1, 2, 0) + pair.flow
        inside = ((ends >= 0) & (ends <= [WIDTH - 1, HEIGHT - 1])).all(axis=-1)
        hidden.append(gap[inside & (pair.visible == 0)])
        seen.append(gap[pair.visible > 0])
    assert np.median(np.concatenate(hidden)) > 3 * np.median(np.concatenate(seen))


def test_what_leaves_the_frame_is_not_visible(pairs):
    for pair in pairs:
        ends = np.mgrid[:HEIGHT, :WIDTH][::-1].transpose(1, 2, 0) + pair.flow
        outside = ((ends < -1) | (ends > [WIDTH, HEIGHT])).any(axis=-1)
        assert not pair.visible[outside].any()


def test_a_seed_is_a_pair_and_another_seed_another(pairs):
    again = flying_shapes.render_pair(0, HEIGHT, WIDTH)
    np.testing.assert_array_equal(again.first, pairs[0].first)
    np.testing.assert_array_equal(again.flow, pairs[0].flow)
    assert np.abs(np.float32(pairs[1].first) - pairs[0].first).mean() > 10


def test_motions_differ_within_a_pair_and_between_pairs(pairs):
    usual = [np.median(np.linalg.norm(pair.flow, axis=-1)) for pair in pairs]
    assert max(usual) > 2 * min(usual)
    spread = [np.ptp(pair.flow[..., 0]) for pair in pairs]
    assert min(spread) > 1


def test_pictures_become_textures():
    plain = flying_shapes.render_pair(3, HEIGHT, WIDTH)
    textured = flying_shapes.render_pair(3, HEIGHT, WIDTH, [PICTURE])
    assert (textured.first != plain.first).any()


def test_a_pair_is_written_as_a_clip_whose_flow_is_known_everywhere(tmp_path):
    flying_shapes.write_pair(5, HEIGHT, WIDTH, [], tmp_path / "pair")
    clip, pair = read_clip(tmp_path / "pair"), flying_shapes.render_pair(5, HEIGHT, WIDTH)
    flow, valid = clip.flow(0)
    np.testing.assert_allclose(flow, pair.flow, atol=1 / 64)
    assert valid.all() and clip.flow(1) is None and clip.intrinsics_guessed
    np.testing.assert_array_equal(clip.image(1), pair.second)


def test_frames_too_small_for_shapes_are_refused():
    with pytest.raises(ValueError, match="at least 32x32. Received: 64x16"):
        flying_shapes.render_pair(0, 16, 64)
