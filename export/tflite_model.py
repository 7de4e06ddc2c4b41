"""Runs a .tflite model of this project in the phone's runtime."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter


class TfliteModel:
    """An exported depth or flow network as a predictor for uint8 RGB images [H, W, 3].

    Images are area-resized to the model's own size.

    Args:
      model: a file, or a file's content.
      num_threads: of the CPU; None: the runtime's choice.
      signature: depth or flow; only needed for a file with both.

    Raises:
      ValueError: not a .tflite model, the signature is missing, or none is given for a file with
        several.
    """

    def __init__(
        self,
        model: Path | str | bytes,
        num_threads: int | None = None,
        signature: str | None = None,
    ):
        content = model if isinstance(model, bytes) else Path(model).read_bytes()
        self._interpreter = Interpreter(model_content=content, num_threads=num_threads)
        signatures = list(self._interpreter.get_signature_list())
        if signature is None and len(signatures) != 1:
            raise ValueError(f"Expected a model with one signature. Received: {signatures}.")
        self.name = signature or signatures[0]
        if self.name not in signatures:
            raise ValueError(f"Expected a model with {self.name}. Received: one with {signatures}.")
        self._runner = self._interpreter.get_signature_runner(self.name)
        image = next(iter(self._runner.get_input_details().values()))
        self.size: tuple[int, int] = tuple(int(side) for side in image["shape"][1:3])
        self.dtype: str = np.dtype(image["dtype"]).name

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Runs the signature: takes and returns arrays by name.

        Never by position: the converter chooses the order inside the file.
        """
        return self._runner(**inputs)

    def disparity(self, image: np.ndarray) -> np.ndarray:
        """Disparity (1 / depth, up to scale), float32 [h, w] at the model's size."""
        self._expect("depth")
        return self(image=self._input(image))["disparity"][0, ..., 0]

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Flow first -> second, float32 [h, w, 2], in pixels of the model's size h x w."""
        self._expect("flow")
        return self(first=self._input(first), second=self._input(second))["flow"][0]

    def _input(self, image: np.ndarray) -> np.ndarray:
        return as_input(resized(image, self.size), self.dtype)

    def _expect(self, name: str) -> None:
        if self.name != name:
            raise ValueError(f"Expected a {name} model. Received: a {self.name} model.")


def resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Converts a uint8 image [H, W, 3] to networks' input: float32 [1, *size, 3] in [0, 1]."""
    return (tf.image.resize(image[None], size, method="area") / 255.0).numpy()


def as_input(image: np.ndarray, dtype: str) -> np.ndarray:
    """Converts RGB in [0, 1] to a model's input `dtype`: uint8 in [0, 255], or unchanged."""
    return np.rint(255 * image).astype(np.uint8) if dtype == "uint8" else image
