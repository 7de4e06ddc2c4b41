"""From a float32 .tflite model to smaller ones, by litert-quantizer and a recipe of ours."""

import contextlib
import io
import math
from collections.abc import Iterable

import numpy as np
from litert_quantizer import calibrator, quantizer, recipe_manager

from export import leaky_relu, recipe
from export.recipe import Recipe


class CalibrationError(ValueError):
    """Static quantization without pictures to find the ranges of activations on."""


def quantize(
    model: bytes, quantization: str, name: str, samples: Iterable[dict[str, np.ndarray]]
) -> bytes:
    """Quantizes a float32 model as the recipe of its network says.

    Args:
      model: a .tflite file's content.
      quantization: one of export.QUANTIZATIONS.
      name: of the signature, which is the network's.
      samples: for int8: its inputs, by name.

    Raises:
      CalibrationError: int8 without samples.
    """
    return apply(recipe.read(name, quantization), model, name, samples)


def apply(
    rules: Recipe, model: bytes, name: str, samples: Iterable[dict[str, np.ndarray]]
) -> bytes:
    """Quantizes a float32 model by any recipe, an empty one leaves it; the rest as of `quantize`.

    Raises:
      CalibrationError: a rule is static and there are no samples.
      RecipeError: a rule asks for what litert-quantizer cannot do.
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
    """The least and greatest value of every tensor, each as its mean over the samples.

    Not the extremes of all samples, which a single picture decides (on real video, depth strayed
    from float's by a sixth to a third less); nor the quantizer's own moving average, in which the
    first picture weighs most: a clip that starts in the dark would clip all others.
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
