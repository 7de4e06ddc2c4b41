"""Agreement with a film: the truth agrees best, wrong depth worse, and scale does not matter."""

import dataclasses

import numpy as np
import pytest
from rendered_film import true_disparity, written

from dfnet_tf.adaptation import agreement
from dfnet_tf.adaptation.agreement import Agreement
from dfnet_tf.adaptation.held_back import HeldBack
from dfnet_tf.data.sources import synthetic

SIZE = (96, 320)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """A rendered film as held-back frames, and its true disparity by frame."""
    film = synthetic.render_clip(101, 12, *SIZE)
    folder = tmp_path_factory.mktemp("clips") / "street"
    clip = written(film.images, film.intrinsics, folder)
    return HeldBack(clip, range(4, 8)), true_disparity(film)


def test_the_truth_agrees_best_and_scale_does_not_matter(street):
    held, truth = street
    networks = [
        truth,
        lambda image: 7.0 * truth(image),
        lambda image: truth(image) ** 0.7,
        lambda _: np.ones(SIZE),
    ]
    (true, scaled, bent, flat), frames = agreement.judged([held], networks)
    assert len(frames) == true.frames == 4
    assert true.geometric < 0.1
    assert scaled.geometric == pytest.approx(true.geometric, rel=1e-3)
    assert scaled.photometric == pytest.approx(true.photometric, rel=1e-3)
    assert true.geometric < bent.geometric < flat.geometric
    assert true.photometric < bent.photometric < flat.photometric
    assert true.improves(bent) and not bent.improves(true) and not true.improves(true)


def test_frames_without_parallax_judge_nothing(street):
    held, truth = street
    still = dataclasses.replace(held.clip, images=held.clip.images[:1] * 12)
    ((found,), frames) = agreement.judged([HeldBack(still, held.judged)], [truth])
    assert found.frames == 0 and np.isnan(found.geometric) and not frames
    assert not found.improves(found)


def test_a_number_of_frames_is_a_limit(street):
    held, truth = street
    _, frames = agreement.judged([held], [truth], most=2)
    assert len(frames) == 2


@pytest.mark.parametrize(
    ("geometric", "photometric", "better"),
    [(0.1, 0.05, True), (0.199, 0.05, False), (0.1, 0.052, False), (0.1, 0.0505, True)],
)
def test_better_geometry_may_not_cost_colours(geometric, photometric, better):
    start = Agreement(0.2, 0.05, 10)
    assert Agreement(geometric, photometric, 10).improves(start) == better


def test_flow_is_compared_in_pixels_of_the_working_size(street):
    held, _ = street
    zero, length = agreement.flow_gap([held], lambda *_: np.zeros((24, 80, 2)))
    assert zero == pytest.approx(length) and length > 0.5
    nowhere = dataclasses.replace(held, judged=range(0))
    assert np.isnan(agreement.flow_gap([nowhere], None)[0])
