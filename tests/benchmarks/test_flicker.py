"""python -m benchmarks.flicker, on a film in which every point can be tracked."""

import re

import cv2
import numpy as np
import pytest
import tensorflow as tf

SIZE = 64, 96
SIGMA = 0.05


def write_model(path, disparity_of, size=SIZE):
    """A depth model with one signature, as export writes it."""

    @tf.function(input_signature=[tf.TensorSpec([1, *size, 3], name="image")])
    def depth(image):
        return {"disparity": disparity_of(image)}

    folder = path.with_suffix("")
    tf.saved_model.save(tf.Module(), str(folder), signatures={"depth": depth})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["depth"])
    path.write_bytes(converter.convert())
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Depth that moves with the picture; the same with noise; a model of another size."""
    folder = tmp_path_factory.mktemp("models")
    noise = np.exp(np.random.default_rng(0).normal(0, SIGMA, (1, *SIZE, 1))).astype("float32")
    return (
        write_model(folder / "steady.tflite", lambda image: 0.2 + image[..., :1]),
        write_model(folder / "noisy.tflite", lambda image: noise * (0.2 + image[..., :1])),
        write_model(folder / "other.tflite", lambda image: image[..., :1], (32, 32)),
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A smooth texture that moves to the right by one pixel per frame."""
    folder = tmp_path_factory.mktemp("film")
    texture = np.random.default_rng(0).uniform(0, 255, (*SIZE, 3))
    texture = 128 + 6 * (cv2.GaussianBlur(texture, (0, 0), 3.0) - 128)
    texture = np.clip(texture, 0, 255).astype("uint8")
    for i in range(31):
        cv2.imwrite(str(folder / f"{i:02}.png"), np.roll(texture, i, axis=1))
    return folder


def flags_of(models, film, *more):
    return "benchmarks.flicker", *(f"--model={one}" for one in models), f"--video={film}", *more


def test_noise_in_a_models_depth_increases_its_flicker(run_main, models, film):
    status, out, err = run_main(*flags_of(models[:2], film))
    assert status == 0, err
    pairs, _, _, steady, noisy = out.splitlines()
    assert pairs == "30 pairs of frames"
    names, means, gaps = zip(
        *(re.split(r" *\| *", row)[1:4] for row in (steady, noisy)), strict=True
    )
    assert names == ("steady.tflite", "noisy.tflite")
    in_noise = 100 * 2 * SIGMA / np.sqrt(np.pi)  # Mean |N| of a difference.
    assert float(means[0]) < 0.2 * in_noise
    assert float(means[1]) == pytest.approx(in_noise, rel=0.1)
    mean, low, high = (float(number) for number in re.findall(r"[+-][\d.]+", gaps[1]))
    assert low <= mean <= high
    assert mean == pytest.approx(float(means[1]) - float(means[0]), abs=0.002)
    assert low > 0.5 * in_noise


def test_a_model_flickers_no_more_than_itself(run_main, models, film):
    _, out, _ = run_main(*flags_of((models[1], models[1]), film))
    assert "+0.000 (+0.000 to +0.000)" in out.splitlines()[-1]


def test_only_as_many_seconds_are_read_as_asked_for(run_main, models, film):
    _, out, _ = run_main(*flags_of(models[:1], film, "--seconds=2.5"))
    assert out.startswith("24 pairs of frames")


def refused(result):
    status, out, err = result
    assert (status, out) == (1, "")
    return err.splitlines()[-1]


def test_what_cannot_be_compared_is_refused_in_one_line(run_main, models, film, tmp_path):
    steady, _, other = models
    sizes = refused(run_main(*flags_of((steady, other), film)))
    assert sizes == "flicker: Expected models of one size, to compare them. Received: 96x64, 32x32."
    short = refused(run_main(*flags_of((steady,), film, "--seconds=1.5")))
    assert short.endswith("expected two seconds of frames without cuts. Received: 14 pairs.")
    noise = np.random.default_rng(0).uniform(0, 255, (25, *SIZE, 3))
    for i, frame in enumerate(noise):
        cv2.imwrite(str(tmp_path / f"{i:02}.png"), frame)
    cuts = refused(run_main(*flags_of((steady,), tmp_path)))
    assert "expected two seconds of frames without cuts" in cuts


def test_a_model_that_is_not_there_is_refused_in_one_line(run_main, film, tmp_path):
    message = refused(run_main(*flags_of([tmp_path / "none.tflite"], film)))
    assert message.startswith(f"flicker: {tmp_path}/none.tflite: expected")
