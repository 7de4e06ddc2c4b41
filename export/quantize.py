"""From a float32 .tflite model to smaller ones, by ai-edge-quantizer.

float16: weights halved, the same arithmetic. dynamic: 8-bit weights, activations quantized as they
come. int8: 8-bit weights per channel, activations of a range found on pictures beforehand.

Whatever the kind, only convolutions change. Warping (its coordinates), correlation, normalisation
and the sigmoid (in int8 it steps by 1 / 256, which ruins far depths) stay in float: they are little
of the work and most of the error. Resizing and concatenation in int8 save nothing either, and a
common range for both inputs of a concatenation doubles the error of far depths.
"""

import contextlib
import io
import re
from collections.abc import Iterable

import numpy as np
from ai_edge_quantizer import calibrator, quantizer, recipe_manager
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.utils import qsv_utils

from export import flatbuffer

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")
# Convolutions of so few output channels, the heads among them, stay in float. In int8 they would
# save some 5 % of the time; in float the depth error (abs rel against Keras) of five of six tiny
# networks, each trained for a minute, fell by 29 to 75 %; one rose by half (0.011 to 0.016).
FEW_CHANNELS = 16
# ai-edge-quantizer 0.10 fails on larger convolutions (its chunks lose an axis); float16 works.
MOST_WEIGHT_BYTES = 32 * 2**20


class CalibrationError(ValueError):
    """Static quantization without pictures to find the ranges of activations on."""


def quantize(
    model: bytes, quantization: str, name: str, samples: Iterable[dict[str, np.ndarray]]
) -> bytes:
    """Quantizes a float32 model.

    Args:
      model: a .tflite file's content.
      quantization: one of export.QUANTIZATIONS.
      name: of the signature.
      samples: for int8: its inputs, by name.

    Raises:
      CalibrationError: int8 without samples.
    """
    if quantization == "float32":
        return model
    recipe = _recipe(model, quantization)
    quantizing = quantizer.Quantizer(bytearray(model), recipe.get_quantization_recipe())
    with contextlib.redirect_stderr(io.StringIO()):  # Progress bars of a second.
        ranges = _ranges(model, recipe, name, samples) if quantization == "int8" else None
        result = quantizing.quantize(ranges, enable_progress_report=False)
    return bytes(result.quantized_model)


def _recipe(model: bytes, quantization: str) -> recipe_manager.RecipeManager:
    """What becomes of which convolution, named by what it writes; all else stays as it is."""
    recipe = recipe_manager.RecipeManager()
    for operator in flatbuffer.operators(model):
        if operator.name not in CONVOLUTIONS:
            continue
        place = f"^{re.escape(operator.outputs[0])};", "*"
        if quantization == "float16" or operator.weight_bytes > MOST_WEIGHT_BYTES:
            casting = AlgorithmName.FLOAT_CASTING
            recipe.add_weight_only_config(*place, 16, algorithm_key=casting)
        elif operator.channels <= FEW_CHANNELS:
            continue
        elif quantization == "dynamic":
            recipe.add_dynamic_config(*place, 8)
        else:
            recipe.add_static_config(*place, 8, 8)
    return recipe


def _ranges(model: bytes, recipe, name: str, samples: Iterable[dict[str, np.ndarray]]) -> dict:
    """The least and greatest value of every tensor over all samples.

    Not the quantizer's own moving average, in which the first picture weighs most: a clip that
    starts in the dark would clip all others.
    """
    samples = list(samples)
    if not samples:
        raise CalibrationError("Expected pictures to calibrate int8 on. Received: none.")
    calibration = calibrator.Calibrator(
        model,
        # The other mode reads every tensor, and fails on those that nobody uses (in FlowNet-C).
        mode=calibrator.CalibrationMode.CALIBRATION_PROFILER_BASED,
        qsv_update_func=qsv_utils.min_max_update,
    )
    calibration.calibrate({name: samples}, recipe)
    return calibration.get_model_qsvs()
