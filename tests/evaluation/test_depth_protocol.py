"""Scales, crops and caps of depth, compared with numbers computed by hand."""

import json

import numpy as np
import pytest

from dfnet_tf.data.truth.depth_samples import DepthBenchmark, DepthSample
from dfnet_tf.evaluation import depth_metrics, depth_protocol

evaluate = depth_protocol.evaluate_depth


def sample(name, truth, number=0):
    """A sample whose image encodes its number in the red channel."""
    image = np.full((16, 32, 3), number, np.uint8)
    return DepthSample(name, lambda: image, lambda: np.float32(truth))


def street(count=7):
    rng = np.random.default_rng(0)
    return [sample(f"drive/{i}", rng.uniform(2, 90, (32, 64)), i) for i in range(count)]


def perfect_disparity(samples, factor):
    """True depth divided by `factor`, or by one factor for each sample."""
    factors = np.broadcast_to(factor, len(samples))

    def predict(image):
        number = image[0, 0, 0]
        return factors[number] / samples[number].truth()

    return predict


def uniform(value):
    return lambda _: np.full((4, 4), value, np.float32)


def test_the_true_depth_in_another_unit_is_perfect_once_scaled():
    samples = street()
    results = evaluate(samples, perfect_disparity(samples, 4.0))
    for group in ("80m", "80m_one_scale", "50m", "50m_one_scale"):
        assert results["ours"][group]["abs_rel"] == pytest.approx(0, abs=1e-5)
        assert results["ours"][group]["delta1"] == 1
    assert results["ours"]["80m_unscaled"]["abs_rel"] == pytest.approx(0.75, abs=1e-5)
    assert results["trivial"]["80m"]["abs_rel"] > 0.2
    assert set(results["num_samples"].values()) == {7}
    assert results["scale"] == pytest.approx({"factor": 4.0, "relative_std": 0.0}, abs=1e-5)


def test_one_scale_is_the_median_of_the_images_scales():
    samples = street(3)
    results = evaluate(samples, perfect_disparity(samples, [2.0, 4.0, 5.0]), crop=None)
    own = [result["ours"]["80m"]["abs_rel"] for result in results["samples"]]
    shared = [result["ours"]["80m_one_scale"]["abs_rel"] for result in results["samples"]]
    assert own == pytest.approx([0, 0, 0], abs=1e-5)
    # Depth times 4: twice the truth (but no more than 80 m), the truth, four fifths of it.
    assert shared[1:] == pytest.approx([0, 0.2], abs=1e-5)
    assert 0.6 < shared[0] < 1
    assert results["scale"]["factor"] == pytest.approx(4)
    assert results["scale"]["relative_std"] == pytest.approx(np.std([0.5, 1, 1.25]))
    assert results["notes"] == ["One scale for all images: 4; the images' own: std 31.2% of it."]


def test_a_constant_is_the_trivial_answer():
    results = evaluate(street(), uniform(0.2), crop=None)
    assert results["ours"]["80m"] == pytest.approx(results["trivial"]["80m"])


def test_the_trivial_depth_is_the_median_image_s_median_before_any_scaling():
    truths = ([2.0, 10.0, 10.0, 20.0, 0.0], [4.0, 4.0, 4.0, 4.0, 4.0], [30.0] * 5)
    samples = [sample(str(i), np.repeat([truth], 4, axis=0)) for i, truth in enumerate(truths)]
    results = evaluate(samples, uniform(1.0), crop=None)
    # 10 m everywhere.
    expected = [(8 / 2 + 0 + 0 + 10 / 20) / 4, 6 / 4, 20 / 30]
    for group in ("80m_unscaled", "80m_one_scale"):
        errors = [result["trivial"][group]["abs_rel"] for result in results["samples"]]
        assert errors == pytest.approx(expected)


def test_a_cap_leaves_out_what_lies_beyond_it():
    truth = np.float32([[10, 10, 60, 60, 60]])
    results = evaluate([sample("a", truth)], uniform(0.1), crop=None)
    assert results["ours"]["50m"]["abs_rel"] == pytest.approx(0)
    assert results["ours"]["80m"]["abs_rel"] == pytest.approx(2 * 5 / 5)  # 60 m instead of 10 m.
    only_far = evaluate([sample("a", truth), sample("b", truth + 50)], uniform(0.1), crop=None)
    assert only_far["num_samples"] == {
        group: 2 if group.startswith("80m") else 1 for group in results["num_samples"]
    }


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (np.full((4, 4), np.nan), "drive/0: expected finite"),
        (np.zeros((4, 4)), "drive/0: expected disparity > 0"),
        (np.ones((4, 4, 1)), "drive/0: expected shape"),
    ],
)
def test_an_impossible_disparity_is_refused_by_name(prediction, message):
    with pytest.raises(ValueError, match=message):
        evaluate(street(1), lambda _: prediction)


def test_an_impossible_truth_is_refused_by_name():
    truth = np.full((8, 8), 5.0)
    truth[3, 3] = np.nan
    with pytest.raises(ValueError, match="drive/x, true depth: expected finite.* Received: 1"):
        evaluate([sample("drive/x", truth)], uniform(1.0))


def test_missing_truth_is_one_clear_line():
    for samples in ([], [sample("a", np.zeros((8, 8)))]):
        with pytest.raises(ValueError, match="Expected images with true depth. Received: none"):
            evaluate(samples, uniform(1.0))


def test_each_benchmark_has_its_own_rules():
    # Only the upper rows are wrong: outside Garg's crop.
    truth = np.full((100, 100), 20.0)
    truth[30:60] = 60.0
    truth[:30] = 75.0
    samples = [sample("a", truth)]

    def groups(name, **rules):
        benchmark = DepthBenchmark(name, samples, 1)
        results = depth_protocol.evaluate_benchmark(benchmark, uniform(1 / 20), **rules)
        assert results["benchmark"] == name
        assert not any("MISSING" in note for note in results["notes"])
        return {group: errors["abs_rel"] for group, errors in results["ours"].items()}

    eigen = groups("kitti_eigen")
    assert {"80m", "50m"} < set(eigen)
    assert groups("clips") == eigen
    assert groups("kitti_improved")["80m"] > eigen["80m"]
    assert set(groups("make3d")) == {"70m", "70m_one_scale", "70m_unscaled"}
    uncropped = depth_protocol.DepthRules(None, (80, 50))
    assert groups("kitti_eigen", rules=uncropped) == groups("kitti_improved")


def test_missing_images_are_reported():
    benchmark = DepthBenchmark("kitti_eigen", street(2), 697)
    results = depth_protocol.evaluate_benchmark(benchmark, uniform(1.0))
    assert results["notes"][-1].startswith("MISSING: 695 of the 697 images of kitti_eigen.")


def test_log10_is_the_mean_distance_of_decimal_logarithms():
    errors = depth_metrics.depth_errors(np.array([1.0, 50.0]), np.array([10.0, 5.0]))
    assert errors["log10"] == pytest.approx(1)


def test_results_can_be_written_as_json():
    results = evaluate(street(2), uniform(1.0))
    assert json.loads(json.dumps(results)) == results
