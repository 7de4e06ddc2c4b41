"""The exported functions: networks with named inputs and outputs."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from dfnet_tf.geometry import optical_flow
from dfnet_tf.networks import blocks, depth_net

from .tflite_model import as_input


@dataclass(frozen=True)
class Output:
    """The meaning of one output [1, H, W, channels], float32.

    Attributes:
      channels: of the last axis.
      unit: of its numbers, in words.
      range: the smallest and the largest possible number; None: any.
    """

    channels: int
    unit: str
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Signature:
    """One exported function; every input is one RGB image [1, H, W, 3].

    Attributes:
      name: of the function in the file.
      network: the network whose weights the function contains.
      size: (H, W).
      dtype: of the inputs: float32 in [0, 1], or uint8.
      inputs: names, in the order of the frames.
      outputs: the outputs by name.
      function: takes the inputs by name, returns the outputs by name.
    """

    name: str
    network: keras.Model
    size: tuple[int, int]
    dtype: str
    inputs: tuple[str, ...]
    outputs: dict[str, Output]
    function: Callable[..., dict]

    def __post_init__(self):
        blocks.check_size(self.size, self.network.size_multiple)

    def sample(self, *frames: np.ndarray) -> dict[str, np.ndarray]:
        """Inputs by name, from as many of the consecutive frames as the function takes.

        Args:
          *frames: float32 [1, H, W, 3] in [0, 1].
        """
        taken = dict(zip(self.inputs, frames, strict=False))
        return {name: as_input(frame, self.dtype) for name, frame in taken.items()}


def depth(network: keras.Model, size: tuple[int, int], dtype: str = "float32") -> Signature:
    """image -> disparity and depth = 1 / disparity, each [1, H, W, 1], up to scale.

    Raises ValueError if the network cannot take images of `size` = (H, W).
    """

    def function(image):
        disparity = network(_unit(image))[0]
        return {"disparity": disparity, "depth": 1.0 / disparity}

    least, greatest = (float(depth_net.disparity(end)) for end in (-np.inf, np.inf))
    outputs = {
        "disparity": Output(1, "1 / depth, up to scale", (least, greatest)),
        "depth": Output(1, "up to scale", (1 / greatest, 1 / least)),
    }
    return Signature("depth", network, size, dtype, ("image",), outputs, function)


def flow(network: keras.Model, size: tuple[int, int], dtype: str = "float32") -> Signature:
    """first, second -> flow first -> second [1, H, W, 2], in pixels of H x W.

    Raises ValueError if the network cannot take images of `size` = (H, W).
    """

    def function(first, second):
        quarter = network(_unit(first), _unit(second))[0]
        return {"flow": optical_flow.resize_flow(quarter, *size)}

    outputs = {"flow": Output(2, "pixels of the model's size, first to second")}
    return Signature("flow", network, size, dtype, ("first", "second"), outputs, function)


def _unit(image):
    """Converts an image, possibly uint8, to RGB in [0, 1], float32."""
    if keras.backend.standardize_dtype(image.dtype) != "uint8":
        return image
    return ops.cast(image, "float32") / 255.0


SIGNATURES = {"depth": depth, "flow": flow}
