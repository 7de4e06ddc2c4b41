"""Labels of flow from a film's depth, motion and DIS flow."""

import numpy as np
import pytest

from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.sources import synthetic
from dfnet_tf.film import depth, flow, labels
from dfnet_tf.film.neighbours import Neighbour

HEIGHT, WIDTH = 24, 32
INTRINSICS = np.float32([[30, 0, 15.5], [0, 30, 11.5], [0, 0, 1]])
LOG_DISPARITY = np.full((HEIGHT, WIDTH), -np.log(5.0), "float32")  # A wall at depth 5.
SIDEWAYS = np.eye(4)
SIDEWAYS[0, 3] = 0.5  # Its points move right by 30 * 0.5 / 5 = 3 pixels.


def told(dis, confidence, agrees):
    ones = np.ones((HEIGHT, WIDTH), "float32")
    neighbour = Neighbour(1, np.float32(dis) * ones[..., None], agrees * ones, np.eye(4))
    label = flow.label(LOG_DISPARITY, confidence * ones, neighbour, SIDEWAYS, INTRINSICS)
    assert label.shape == (HEIGHT, WIDTH, 3) and label.dtype == np.float32
    np.testing.assert_allclose(label, np.broadcast_to(label[0, 0], label.shape), atol=1e-5)
    return label[0, 0]


def test_where_both_flows_agree_the_label_is_their_mean():
    np.testing.assert_allclose(told((3.5, 0.0), 0.9, 1), [3.25, 0.0, 1.0], atol=1e-5)


def test_on_moving_pixels_the_label_is_the_dis_flow():
    np.testing.assert_allclose(told((-6.0, 2.0), 0.9, 1), [-6.0, 2.0, flow.FLOW_ALONE], atol=1e-6)


def test_where_depth_is_unsure_the_label_is_the_dis_flow():
    np.testing.assert_allclose(told((3.5, 0.0), 0.2, 1), [3.5, 0.0, flow.FLOW_ALONE], atol=1e-6)


def test_hidden_pixels_have_a_label_where_depth_is_confident():
    np.testing.assert_allclose(told((9.0, 9.0), 0.9, 0), [3.0, 0.0, 1.0], atol=1e-5)


def test_pixels_without_reliable_flow_have_no_weight():
    assert told((9.0, 9.0), 0.7, 0)[2] == 0


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    folder = tmp_path_factory.mktemp("street") / "clip"
    film = synthetic.render_clip(101, 6, 96, 320)
    synthetic.write_clip(film, folder)
    return read_clip(folder), film


def test_labels_of_a_rendered_street_are_better_than_half_a_pixel_and_come_back(street, tmp_path):
    clip, film = street
    pairs = zip(film.images, film.depth, strict=True)
    by_bytes = {image.tobytes(): 3 / true for image, true in pairs}
    stored = labels.FilmLabels(tmp_path, [clip], (96, 320), "flow")
    stored.make(lambda image: by_bytes[image.tobytes()], "truth")
    for frame in range(1, 4):
        label = stored.read(0, frame)
        gap = np.linalg.norm(label[..., :2] - film.forward_flow[frame], axis=-1)
        sure = label[..., 2] == 1
        assert sure.mean() > 0.5
        assert np.average(gap, weights=label[..., 2]) < 0.5 and gap[sure].mean() < 0.4
    assert not stored.read(0, 5)[..., 2].any()  # The last frame has no next frame.


def test_a_stored_flow_is_in_pixels_of_its_size():
    there = np.dstack([np.full((20, 40), 8.0), np.full((20, 40), -3.0), np.ones((20, 40))])
    found = depth.FilmDepth(np.zeros((20, 40)), np.ones((20, 40)), 0.1, {}, lambda: there)
    back = labels._flow_from(labels._stored_flow(found, (10, 80)))
    np.testing.assert_allclose(back, np.broadcast_to([16.0, -1.5, 1.0], (10, 80, 3)), atol=1e-4)
