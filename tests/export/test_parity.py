"""Errors against Keras, computed by hand, and their bounds."""

import numpy as np
import pytest

from export import parity


def test_depth_errors_are_relative_to_keras(float_models, signature_of, samples_of):
    def twice_as_near(image):
        outputs = signature_of["depth"].function(image)
        return {"disparity": 2 * outputs["disparity"], "depth": outputs["depth"] / 2}

    samples = samples_of["depth"]
    numbers = parity.compare(float_models["depth"], samples, twice_as_near)
    mean = np.mean([signature_of["depth"].function(**one)["disparity"] for one in samples])
    assert numbers["abs_rel"] == pytest.approx(1.0, abs=1e-4)  # (d - d / 2) / (d / 2)
    assert numbers["disparity_mae"] == pytest.approx(mean, rel=1e-4)


def test_flow_errors_are_relative_to_the_length_of_keras_s_flow(float_models, samples_of):
    def constant(first, second):
        del first, second
        return {"flow": np.full((1, 64, 96, 2), (3000.0, 4000.0), "float32")}

    numbers = parity.compare(float_models["flow"], samples_of["flow"], constant)
    assert numbers["epe"] == pytest.approx(5000, rel=0.01)  # The model's own flow is a few pixels.
    assert numbers["relative_epe"] == pytest.approx(1, rel=0.01)


def test_a_still_scene_is_not_judged_by_its_noise():
    still, trembling = np.zeros((1, 4, 4, 2)), np.full((1, 4, 4, 2), (0.003, 0.004))
    errors = parity._flow_errors({"flow": trembling}, {"flow": still})
    assert errors["relative_epe"] == pytest.approx(0.005 / 0.5)


@pytest.mark.parametrize("quantization", ["float32", "float16", "dynamic", "int8"])
def test_exceeding_a_bound_is_an_error(quantization):
    bound = parity.BOUNDS["depth"][quantization]
    parity.check("depth", quantization, {"abs_rel": bound})
    for error in (1.01 * bound, np.nan):
        with pytest.raises(parity.ParityError, match=f"depth_{quantization}: expected abs_rel <="):
            parity.check("depth", quantization, {"abs_rel": error})
