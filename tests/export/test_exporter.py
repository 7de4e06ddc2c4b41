"""From a network to checked models."""

import numpy as np
import pytest

from export import NETWORKS, QUANTIZATIONS, exporter, parity, quantize

pytestmark = pytest.mark.usefixtures("converted_once")

SIZE = (64, 96)


def frame_pairs(count=4):
    return [
        [np.rint(255 * frame[0]).astype(np.uint8) for frame in pair]
        for pair in exporter.noise_pairs(SIZE)[:count]
    ]


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_quantization_agrees_with_keras(kind, signature_of):
    exported = list(exporter.export_models(signature_of[kind], QUANTIZATIONS, frame_pairs()))
    assert [one.name for one in exported] == [f"{kind}_{name}" for name in QUANTIZATIONS]
    errors = [one.parity[parity.CRITERIA[kind]] for one in exported]
    assert errors[0] < 1e-5 < errors[1] < errors[3] < parity.BOUNDS[kind]["int8"]
    sizes = [len(one.content) for one in exported]
    assert sizes[0] > 1.7 * sizes[1] > 2.4 * sizes[3]


def test_without_pictures_noise_is_compared(signature_of):
    (exported,) = exporter.export_models(signature_of["depth"], ["dynamic"])
    assert 0 < exported.parity["abs_rel"] < 0.05


def test_calibration_and_comparison_see_different_pictures(signature_of, monkeypatch):
    seen = {}

    def note_calibration(model, quantization, name, samples):
        seen["calibration"] = samples
        return quantize.quantize(model, quantization, name, samples)

    def note_comparison(_, samples, __):
        seen["comparison"] = samples
        return {"abs_rel": 0.0}

    monkeypatch.setattr(exporter, "quantize", note_calibration)
    monkeypatch.setattr(parity, "compare", note_comparison)
    pairs = frame_pairs()
    list(exporter.export_models(signature_of["depth"], ["float32"], pairs))
    for name, places in {"calibration": (0, 2), "comparison": (1, 3)}.items():
        brightness = [sample["image"].mean() for sample in seen[name]]
        np.testing.assert_allclose(brightness, [pairs[i][0].mean() / 255 for i in places], 1e-4)


def test_int8_without_pictures_is_refused_before_any_work(signature_of, monkeypatch):
    monkeypatch.setattr(exporter.convert, "to_tflite", None)
    models = exporter.export_models(signature_of["depth"], ["float32", "int8"])
    with pytest.raises(quantize.CalibrationError, match="Received: none"):
        next(models)


def test_a_finished_file_that_computes_something_else_is_refused(signature_of, monkeypatch):
    parts = exporter.export_models(signature_of["depth"], ["float32", "dynamic"])
    exact, rounded = list(parts)
    exporter.finished([exact], {"name": "depth"})
    monkeypatch.setattr(exporter.merge, "merge", lambda _: rounded.content)
    with pytest.raises(exporter.ExportError, match="numbers of depth_float32. Received: others"):
        exporter.finished([exact], {"name": "depth"})
