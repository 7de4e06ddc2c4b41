"""The exported functions: which network, on which named inputs, gives which named outputs."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from dfnet_tf.geometry import optical_flow
from dfnet_tf.networks import blocks


@dataclass(frozen=True)
class Signature:
    """One exported function; every input is one image, float32 [1, H, W, 3], RGB in [0, 1].

    Attributes:
      name: what the function is called in the file.
      network: whose weights it holds.
      size: (H, W).
      inputs: their names, in the order of the frames.
      function: takes the inputs by name, returns the outputs by name.
    """

    name: str
    network: keras.Model
    size: tuple[int, int]
    inputs: tuple[str, ...]
    function: Callable[..., dict]

    def __post_init__(self):
        blocks.check_size(keras.KerasTensor((1, *self.size, 3)), self.network.size_multiple)

    def sample(self, *frames: np.ndarray) -> dict[str, np.ndarray]:
        """Inputs by name: as many of the consecutive `frames`, each [1, H, W, 3], as it takes."""
        return dict(zip(self.inputs, frames, strict=False))


def depth(network: keras.Model, size: tuple[int, int]) -> Signature:
    """image -> disparity and depth = 1 / disparity, each [1, H, W, 1], up to scale.

    Raises ValueError if the network cannot take images of `size` = (H, W).
    """

    def function(image):
        disparity = network(image)[0]
        return {"disparity": disparity, "depth": 1.0 / disparity}

    return Signature("depth", network, size, ("image",), function)


def flow(network: keras.Model, size: tuple[int, int]) -> Signature:
    """first, second -> flow first -> second [1, H, W, 2], in pixels of H x W.

    Raises ValueError if the network cannot take images of `size` = (H, W).
    """

    def function(first, second):
        return {"flow": optical_flow.resize_flow(network(first, second)[0], *size)}

    return Signature("flow", network, size, ("first", "second"), function)


SIGNATURES = {"depth": depth, "flow": flow}
