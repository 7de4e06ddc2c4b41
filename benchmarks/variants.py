"""Writes a network as .tflite files for timing, one for each way of quantizing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from export import convert, exporter, quantize, recipe, signatures

# MiDaS resizes bilinearly; this rule quantizes as much of it as of our network. Its single RELUs
# stay in float, which is faster: XNNPACK does not take them in int8 (28 ms instead of 22).
OTHERS_TOO = recipe.Rule(("RESIZE_BILINEAR",), "static")


def inverse_depth(network: keras.Model, size: tuple[int, int]) -> signatures.Signature:
    """The signature of another network: an image [1, H, W, 3] -> its only output."""
    network(np.zeros((1, *size, 3), np.float32))  # Creates the weights.
    ours = signatures.depth(network, size)
    return replace(ours, function=lambda image: {"disparity": network(image)})


def write(
    signature: signatures.Signature, quantizations: Sequence[str], folder: Path
) -> dict[str, Path]:
    """Converts and quantizes a network like our depth network.

    Ranges come from noise, because they do not change the time.

    Args:
      signature: of the network, called depth.
      quantizations: of `export.QUANTIZATIONS`.
      folder: is created here.

    Returns:
      The files, by quantization.
    """
    folder.mkdir()
    samples = [signature.sample(*exporter.noise_pairs(signature.size)[0])]
    model = convert.to_tflite(signature)
    paths = {name: folder / f"{name}.tflite" for name in quantizations}
    for name, path in paths.items():
        path.write_bytes(_quantized(model, name, samples))
    return paths


def _quantized(model: bytes, quantization: str, samples: list[dict[str, np.ndarray]]) -> bytes:
    rules = recipe.read("depth", quantization)
    if quantization == "int8":
        rules = (*rules, OTHERS_TOO)
    return quantize.apply(rules, model, "depth", samples)
