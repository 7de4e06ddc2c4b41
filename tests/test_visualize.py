import colorsys

import numpy as np
import pytest

from dfnet_tf import visualize


def hue(u, v):
    color = visualize.color_flow(np.float32([[[u, v]]]), max_magnitude=1.0)[0, 0]
    return 360 * colorsys.rgb_to_hsv(*(color / 255.0))[0]


def test_zero_flow_is_white_and_unknown_flow_grey():
    image = visualize.color_flow(np.float32([[[0, 0], [np.nan, 0], [5, 5]]]))
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 1].tolist() == [128, 128, 128]
    assert visualize.color_flow(np.zeros((2, 2, 2))).min() == 255


def test_flow_directions_have_middleburys_hues():
    assert hue(1, 0) == pytest.approx(0, abs=1)  # Right: red.
    assert hue(0, 1) == pytest.approx(55, abs=2)  # Down: yellow.
    assert hue(-1, 0) == pytest.approx(180 + 14, abs=2)  # Left: light blue.
    assert hue(0, -1) == pytest.approx(240 + 24, abs=2)  # Up: violet.


@pytest.mark.parametrize("angle", np.linspace(0, 3, 7))
def test_opposite_directions_have_different_hues(angle):
    u, v = np.cos(angle), np.sin(angle)
    gap = abs(hue(u, v) - hue(-u, -v)) % 360
    assert min(gap, 360 - gap) > 60


def test_longer_flow_is_more_colourful_up_to_the_maximum():
    green = visualize.color_flow(np.float32([[[1, 0], [2, 0], [4, 0], [9, 0]]]), 4.0)[0, :, 1]
    assert green.tolist() == [191, 128, 0, 0]


def test_near_is_lighter_than_far_in_depth_and_disparity():
    depth = np.array([[1.0, 2.0, 10.0, 0.0]])
    image = visualize.color_depth(depth, limits=(1.0, 10.0)).sum(axis=-1)[0]
    assert image[0] > image[1] > image[2]
    by_disparity = visualize.color_disparity(1 / depth[:, :3], limits=(0.1, 1.0))
    np.testing.assert_array_equal(by_disparity, visualize.color_depth(depth, (1.0, 10.0))[:, :3])


def test_depth_that_is_unknown_is_grey():
    depth = np.array([[3.0, 0.0, np.nan, 5.0]])
    image = visualize.color_depth(depth)
    assert image[0, 1].tolist() == image[0, 2].tolist() == [128, 128, 128]
    assert (visualize.color_depth(np.zeros((2, 2))) == 128).all()


def test_one_outlier_does_not_darken_the_rest():
    disparity = np.random.default_rng(0).uniform(0.1, 1.0, (50, 50))
    spoilt = disparity.copy()
    spoilt[0, 0] = 1e6
    gap = visualize.color_disparity(disparity).astype(int) - visualize.color_disparity(spoilt)
    assert np.abs(gap[1:]).max() < 8


def test_mask_is_black_and_white():
    image = visualize.color_mask(np.array([[0.0, 1.0]]))
    assert image.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_error_goes_from_blue_to_red_and_is_black_where_unknown():
    image = visualize.color_error(np.array([[0.0, 10.0, np.nan]]), max_error=10.0)[0].astype(int)
    assert image[0, 2] > image[0, 0]
    assert image[1, 0] > image[1, 2]
    assert image[2].tolist() == [0, 0, 0]


def test_panel_places_every_image_in_a_tile_of_the_first_ones_size():
    red = np.full((30, 60, 3), (255, 0, 0), np.uint8)
    tall = np.full((60, 30, 3), (0, 0, 255), np.uint8)
    page = visualize.panel([[("first", red), ("tall", tall)], [("second row", red)]])
    assert page.dtype == np.uint8
    assert (page == (255, 0, 0)).all(axis=-1).sum() == 2 * 30 * 60
    assert (page == (0, 0, 255)).all(axis=-1).sum() == 30 * 15  # The aspect is kept.


def test_panel_writes_titles_even_long_ones_inside_their_tile():
    blank = np.full((30, 60, 3), 255, np.uint8)
    page = visualize.panel([[("x" * 200, blank), ("", blank)]])
    rows, columns = np.nonzero((page < 200).any(axis=-1))
    assert len(rows)
    assert columns.max() < visualize.MARGIN + 60
    assert rows.max() < visualize.MARGIN + visualize.TITLE_HEIGHT


def test_panel_shrinks_a_long_title_until_its_end_can_be_read():
    blank = np.full((30, 300, 3), 255, np.uint8)
    first, second = (visualize.panel([[("x" * 60 + end, blank)]]) for end in ("iii", "WWW"))
    assert (first != second).any()


def test_panel_without_a_tile_is_refused():
    with pytest.raises(ValueError, match="Expected rows"):
        visualize.panel([])


def test_trajectory_plot_shows_forward_as_up_and_right_as_right():
    forward = np.array([[0.0, 0, 0], [0, 0, 10]])
    image = visualize.trajectory_plot({"forward": forward, "right": forward[:, [2, 1, 0]]})
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    left = image[:, : image.shape[1] * 3 // 4]  # Without the legend.
    blue_rows, blue_columns = np.nonzero((left == (31, 119, 180)).all(axis=-1))
    orange_rows, orange_columns = np.nonzero((left == (255, 127, 14)).all(axis=-1))
    assert np.ptp(blue_rows) > 100 > np.ptp(blue_columns)
    assert np.ptp(orange_columns) > 100 > np.ptp(orange_rows)
    assert blue_rows.min() < orange_rows.min() - 100


def test_error_over_distance_plot_shows_both_errors_side_by_side():
    def rows(translation, rotation):
        return [
            {"length": m, "translation_percent": translation, "rotation_deg_per_100m": rotation}
            for m in (100.0, 200.0)
        ]

    image = visualize.error_over_distance_plot({"ours": rows(1, 8), "trivial": rows(10, 2)})
    halves = np.array_split(image, 2, axis=1)

    def height(half, color):  # Of a horizontal line, from the top: the row with most of the colour.
        return np.argmax((half == color).all(axis=-1).sum(axis=1))

    blue, orange = (31, 119, 180), (255, 127, 14)
    left, right = ([height(half, color) for color in (blue, orange)] for half in halves)
    assert left[0] - left[1] > 100  # Ours is lower in translation,
    assert right[1] - right[0] > 100  # and higher in rotation.
