"""Makes finished, checked models from a trained network."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from . import convert, merge, metadata, parity
from .quantize import CalibrationError, quantize
from .signatures import Signature
from .tflite_model import TfliteModel, resized

NUM_NOISE_PAIRS = 4
NOISE_CELL = 16  # pixels


class ExportError(ValueError):
    """A finished file whose results differ from the models it was made from."""


@dataclass(frozen=True)
class Exported:
    """A model that has passed its parity check."""

    name: str  # depth_int8
    content: bytes  # Of the .tflite file.
    parity: dict[str, float]  # As `parity.compare` gives it.
    signature: Signature
    quantization: str
    sample: dict[str, np.ndarray]  # Inputs that it was compared on, by name.


def export_models(
    signature: Signature,
    quantizations: Sequence[str],
    frame_pairs: Iterable[tuple[np.ndarray, np.ndarray]] = (),
) -> Iterator[Exported]:
    """Converts, quantizes and checks a network; yields one model after the other.

    Args:
      signature: of a network with its trained weights.
      quantizations: of `export.QUANTIZATIONS`.
      frame_pairs: consecutive uint8 RGB frames [H, W, 3] of any size. Every second pair calibrates
        int8; the others are compared with Keras. A single pair does both. Without pairs, smooth
        noise is compared.

    Raises:
      ConversionError, ParityError; CalibrationError: int8 without frames.
    """
    size = signature.size
    pairs = [[resized(frame, size) for frame in pair] for pair in frame_pairs]
    if "int8" in quantizations and not pairs:  # Before a conversion of minutes.
        raise CalibrationError("Expected pictures to calibrate int8 on. Received: none.")
    calibration = [signature.sample(*pair) for pair in pairs[::2]]
    judged = [signature.sample(*pair) for pair in pairs[1::2] or pairs or noise_pairs(size)]
    float_model = convert.to_tflite(signature)
    for quantization in quantizations:
        model = quantize(float_model, quantization, signature.name, calibration)
        numbers = parity.compare(model, judged, signature.function)
        parity.check(signature.name, quantization, numbers)
        name = f"{signature.name}_{quantization}"
        yield Exported(name, model, numbers, signature, quantization, judged[0])


def finished(parts: Sequence[Exported], description: dict) -> bytes:
    """Merges one or several models to one file, with its description inside.

    Raises:
      ExportError: the file's results differ from the models' in any bit.
    """
    model = merge.merge([part.content for part in parts])
    content = metadata.embed(model, description)
    for part in parts:
        expected = TfliteModel(part.content)(**part.sample)
        received = TfliteModel(content, signature=part.signature.name)(**part.sample)
        different = [name for name in expected if (expected[name] != received[name]).any()]
        if different:
            raise ExportError(
                f"{description['name']}: expected the very numbers of {part.name}. "
                f"Received: others for {', '.join(different)}."
            )
    return content


def noise_pairs(size: tuple[int, int]) -> list[list[np.ndarray]]:
    """Smooth random images, each with a copy shifted by a few pixels, float32 [1, H, W, 3]."""
    height, width = size
    cells = (NUM_NOISE_PAIRS, height // NOISE_CELL + 2, width // NOISE_CELL + 2, 3)
    noise = np.random.default_rng(0).random(cells, np.float32)
    noise = tf.image.resize(noise, (height + 2, width + 4), method="bilinear").numpy()
    return [[one[None, 2:, 4:], one[None, :-2, :-4]] for one in noise]
