"""The worst and best samples are drawn; the colour of errors shows their size."""

import numpy as np
import pytest

from dfnet_tf import visualize
from dfnet_tf.data.truth.depth_samples import DepthSample
from dfnet_tf.data.truth.flow_pairs import FlowPair
from dfnet_tf.evaluation import depth_protocol, error_pictures, flow_protocol

TOP = visualize.MARGIN + visualize.TITLE_HEIGHT


def results(errors, group="g"):
    samples = [{"name": name, "ours": {group: {"epe": e}}} for name, e in errors.items()]
    return {"samples": samples, "ours": {group: {}}, "num_samples": {group: len(errors)}}


def test_the_worst_and_the_best_are_chosen():
    errors = {f"drive/{i}": error for i, error in enumerate([5, 1, 9, 3, 7, 2, 8, 4])}
    chosen = error_pictures.extremes(results(errors), "epe")
    assert [value for *_, value in chosen] == [9, 8, 7, 1, 2, 3]
    assert chosen[0] == ("worst_1_drive_2.png", "drive/2", 9)
    assert chosen[3][0] == "best_1_drive_1.png"


@pytest.mark.parametrize(("count", "kinds"), [(1, "b"), (2, "wb"), (3, "wbb"), (5, "wwbbb")])
def test_few_samples_are_drawn_once_each(count, kinds):
    chosen = error_pictures.extremes(results({str(i): i for i in range(count)}), "epe")
    assert "".join(file[0] for file, *_ in chosen) == kinds
    assert len({name for _, name, _ in chosen}) == count


def test_the_group_that_most_samples_have_is_drawn():
    found = {"ours": {"noc": {}, "occ": {}, "all": {}}, "num_samples": dict(noc=2, occ=3, all=3)}
    assert error_pictures.main_group(found) == "occ"


def tiles(picture, width, height):
    """The four tiles of a panel: image, truth, prediction, error."""
    step_x, step_y = width + visualize.MARGIN, height + visualize.MARGIN + visualize.TITLE_HEIGHT
    return [
        picture[TOP + y * step_y :, visualize.MARGIN + x * step_x :][:height, :width]
        for y in (0, 1)
        for x in (0, 1)
    ]


def test_depth_is_drawn_in_the_truths_scale_and_its_error_in_its_place():
    truth = np.full((32, 480), 10.0, np.float32)
    truth[:, 240:] = 20.0
    truth[:4] = 0.0
    disparity = np.where(truth > 10, 0.5 / 40, 0.5 / 10)  # Twice the true depth on the right.
    disparity[:4] = 1.0
    image = np.full((32, 480, 3), 99, np.uint8)
    sample = DepthSample("a", lambda: image, lambda: truth)
    judged = depth_protocol.evaluate_depth([sample], lambda _: disparity, crop=None)
    ((file, picture),) = error_pictures.depth_pictures(judged, [sample], lambda _: disparity)
    assert file == "best_1_a.png"
    shown, true, predicted, error = tiles(picture, 480, 32)
    assert (shown == 99).all()
    assert (true[:4] == 128).all()  # No truth: grey, and black in the error map.
    assert (error[:4] == 0).all()
    blue, red = visualize.color_error(np.array([[0.0, 0.5]]), 0.5)[0]
    # The median, halfway between 10 and 40 m, becomes halfway between 10 and 20 m.
    left, right = (abs(scaled * 15 / 25 - t) / t for scaled, t in ((10, 10), (40, 20)))
    expected = visualize.color_error(np.array([[left, right]]), 0.5)[0]
    np.testing.assert_array_equal(error[16, [100, 400]], expected)
    np.testing.assert_array_equal(error[-1, [0, -1]], [blue, red])  # The scale.
    assert (predicted[16, 100] > predicted[16, 400]).any()  # Near is light.


def test_sparse_truth_is_thickened_and_nothing_else_appears():
    truth = np.zeros((40, 480), np.float32)
    truth[20, 100], truth[20, 102] = 5.0, 50.0
    image = np.zeros((40, 480, 3), np.uint8)
    picture = error_pictures.depth_panel(image, np.full((40, 480), 9.0), truth, "a")
    true = tiles(picture, 480, 40)[1]
    seen = (true != 128).any(axis=-1)
    assert (np.argwhere(seen).min(axis=0) == (18, 98)).all()
    assert (np.argwhere(seen).max(axis=0) == (22, 104)).all()
    assert (true[20, 102] == true[20, 100]).all()  # The nearer one covers the farther.


def test_flow_and_its_error_are_drawn_in_one_scale():
    truth = np.zeros((32, 480, 2), np.float32)
    truth[..., 0] = 4.0
    flow = truth.copy()
    flow[:, 240:, 0] = -8.0
    valid = np.ones((32, 480), np.float32)
    valid[:4] = 0
    image = np.full((32, 480, 3), 99, np.uint8)
    pair = FlowPair("p", lambda: image, lambda: image, lambda: {"occ": (truth, valid)})
    judged = flow_protocol.evaluate_flow([pair], lambda *_: flow)
    ((_, picture),) = error_pictures.flow_pictures(judged, [pair], lambda *_: flow)
    _, true, predicted, error = tiles(picture, 480, 32)  # Full colour is the true 4 pixels.
    np.testing.assert_array_equal(true[16, 100], predicted[16, 100])
    assert (true[16, 400] != predicted[16, 400]).any()
    blue, red = visualize.color_error(np.array([[0.0, 1.0]]), 1.0)[0]
    np.testing.assert_array_equal(error[16, [100, 400]], [blue, red])
    assert (error[:4] == 0).all()


def test_narrow_images_are_enlarged():
    image, truth = np.zeros((10, 100, 3), np.uint8), np.full((20, 200), 5.0)
    picture = error_pictures.depth_panel(image, truth, truth, "a")
    assert picture.shape[1] == 2 * 500 + 3 * visualize.MARGIN
