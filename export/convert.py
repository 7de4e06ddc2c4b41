"""Converts a Keras network to a float32 .tflite model."""

import re
import tempfile

import keras
import tensorflow as tf

from . import flatbuffer
from .signatures import Signature

FLOAT_BYTES = 4
# Heads whose outputs nobody asked for are pruned: far less than this share of any network.
LEAST_SHARE_OF_WEIGHTS = 0.9
# A variable that is read when the model runs: the weights stayed outside the file.
VARIABLE_OPS = {"VAR_HANDLE", "READ_VARIABLE"}


class ConversionError(ValueError):
    """A network that TFLite cannot express, or a conversion that lost weights."""


def to_tflite(signature: Signature) -> bytes:
    """Converts one signature to a float32 model with TFLite's own ops, and checks the result.

    Raises:
      ConversionError: the network needs other ops, or weights are missing in the model.
    """
    # Through a saved model: from_concrete_functions keeps neither the names nor the weights of a
    # Keras 3 model, and reports success.
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(signature.network)
        image = (1, *signature.size, 3)
        archive.add_endpoint(
            signature.name,
            signature.function,
            input_signature=[
                tf.TensorSpec(image, signature.dtype, name=name) for name in signature.inputs
            ],
        )
        archive.write_out(folder, verbose=False)
        model = _convert(folder, signature.name)
    check_whole(model, signature)
    return model


def check_whole(model: bytes, signature: Signature) -> None:
    """Raises ConversionError unless a float32 model has all weights and only TFLite's own ops.

    Flex ops start with "Flex"; like all ops that are not TFLite's own, they are CUSTOM.
    """
    names = {operator.name for operator in flatbuffer.operators(model)}
    foreign = sorted(names & (VARIABLE_OPS | {"CUSTOM"}))
    if foreign:
        raise ConversionError(
            f"{signature.name}: expected TFLite's own ops on constant weights. "
            f"Received: {', '.join(foreign)}."
        )
    expected = FLOAT_BYTES * signature.network.count_params()
    received = flatbuffer.constant_bytes(model)
    if received < LEAST_SHARE_OF_WEIGHTS * expected:
        raise ConversionError(
            f"{signature.name}: expected about {expected} bytes of weights. Received: {received}."
        )


def _convert(folder: str, name: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[name])
    try:
        return converter.convert()
    except Exception as error:  # The converter's own class is private; its text is pages of MLIR.
        foreign = re.search(r"(?:TF Select|Custom) ops: (.*)", str(error))
        received = foreign[1] if foreign else str(error).strip().partition("\n")[0]
        raise ConversionError(
            f"{name}: expected a network of TFLite's own ops. Received: {received}."
        ) from error
