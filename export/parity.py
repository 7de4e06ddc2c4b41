"""Compares a .tflite model with its Keras network."""

from collections.abc import Callable, Sequence

import numpy as np

from .tflite_model import TfliteModel

FLOW_FLOOR = 0.5  # pixels; of a still scene's flow only noise would remain to compare with.

# What is bounded, per signature.
CRITERIA = {"depth": "abs_rel", "flow": "relative_epe"}
# float32: another order of the same sums. float16: weights of 11 bits. 8 bits: on other frames of
# the clip that they were calibrated on, up to 0.025 for depth; for flow up to 0.07, on untrained
# networks, whose flow is shorter than a pixel.
EIGHT_BITS = ("dynamic", "int8", "int8_weights")
BOUNDS = {
    "depth": {"float32": 1e-3, "float16": 1e-2, **dict.fromkeys(EIGHT_BITS, 0.05)},
    "flow": {"float32": 1e-3, "float16": 1e-2, **dict.fromkeys(EIGHT_BITS, 0.1)},
}


class ParityError(ValueError):
    """A converted model that differs too much from its network."""


def compare(
    model: bytes, samples: Sequence[dict[str, np.ndarray]], function: Callable[..., dict]
) -> dict[str, float]:
    """Runs a model and its Keras `function` on the same inputs, given by name.

    Returns:
      Means over the samples. Depth: abs_rel, |depth - keras| / keras; disparity_mae. Flow: epe in
      pixels; relative_epe, epe / (mean length of Keras's flow + FLOW_FLOOR).
    """
    running = TfliteModel(model)
    errors = {"depth": _depth_errors, "flow": _flow_errors}[running.name]
    found = []
    for sample in samples:
        expected = {name: np.asarray(value) for name, value in function(**sample).items()}
        found.append(errors(running(**sample), expected))
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def check(name: str, quantization: str, numbers: dict[str, float]) -> None:
    """Raises ParityError unless the `numbers` of `compare` are within the bound (NaN is not)."""
    criterion, bound = CRITERIA[name], BOUNDS[name][quantization]
    if not numbers[criterion] <= bound:
        raise ParityError(
            f"{name}_{quantization}: expected {criterion} <= {bound} against Keras. "
            f"Received: {numbers[criterion]:.3g}."
        )


def _depth_errors(outputs: dict, expected: dict) -> dict[str, float]:
    return {
        "abs_rel": np.mean(np.abs(outputs["depth"] - expected["depth"]) / expected["depth"]),
        "disparity_mae": np.mean(np.abs(outputs["disparity"] - expected["disparity"])),
    }


def _flow_errors(outputs: dict, expected: dict) -> dict[str, float]:
    epe = np.mean(np.linalg.norm(outputs["flow"] - expected["flow"], axis=-1))
    length = np.mean(np.linalg.norm(expected["flow"], axis=-1))
    return {"relative_epe": epe / (length + FLOW_FLOOR), "epe": epe}
