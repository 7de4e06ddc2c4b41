"""Quantizes a float32 .tflite model with litert-quantizer and one of our recipes."""

import contextlib
import io
import math
from collections.abc import Iterable

import numpy as np
from litert_quantizer import calibrator, quantizer, recipe_manager

from . import leaky_relu, recipe
from .recipe import Recipe


class CalibrationError(ValueError):
    """Static quantization without images to find the ranges of activations."""


def quantize(
    model: bytes, quantization: str, name: str, samples: Iterable[dict[str, np.ndarray]]
) -> bytes:
    """Quantizes a float32 model with the recipe of its network.

    Args:
      model: a .tflite file's content.
      quantization: one of export.QUANTIZATIONS.
      name: of the signature and the network.
      samples: for int8: inputs by name.

    Raises:
      CalibrationError: int8 without samples.
    """
    return apply(recipe.read(name, quantization), model, name, samples)


def apply(
    rules: Recipe, model: bytes, name: str, samples: Iterable[dict[str, np.ndarray]]
) -> bytes:
    """Quantizes a float32 model with any recipe; an empty recipe changes nothing. See `quantize`.

    Raises:
      CalibrationError: a rule is static and there are no samples.
      RecipeError: litert-quantizer cannot follow a rule.
    """
    if not rules:
        return model
    wanted = recipe.for_quantizer(rules, model).get_quantization_recipe()
    static = any(rule.method == "static" for rule in rules)
    with contextlib.redirect_stderr(io.StringIO()):  # Progress bars of a second.
        ranges = _ranges(model, name, samples) if static else None
        quantizing = quantizer.Quantizer(bytearray(leaky_relu.hide(model)), wanted)
        result = quantizing.quantize(ranges, enable_progress_report=False)
    return leaky_relu.reveal(bytes(result.quantized_model))


def _ranges(model: bytes, name: str, samples: Iterable[dict[str, np.ndarray]]) -> dict:
    """The minimum and maximum of every tensor, each averaged over the samples.

    Extremes over all samples would depend on a single image; on real video, depth differed from
    float's by a sixth to a third less with averages. In the quantizer's own moving average the
    first image has the largest weight: a clip that starts in the dark would clip all later images.
    """
    samples = list(samples)
    if not samples:
        raise CalibrationError("Expected pictures to calibrate int8 on. Received: none.")
    calibration = calibrator.Calibrator(
        model,
        # The other mode reads every tensor, and fails on those that nobody uses (in FlowNet-C).
        mode=calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED,
        qsv_update_func=lambda kept, new: {end: np.append(kept[end], new[end]) for end in kept},
    )
    calibration.calibrate({name: samples}, recipe_manager.RecipeManager())
    return {
        # Exact sums: the order of the samples must not show in the last bit.
        tensor: {end: np.array([math.fsum(seen) / len(seen)]) for end, seen in extremes.items()}
        for tensor, extremes in calibration.get_model_qsvs().items()
    }
