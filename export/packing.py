"""Writes a parsed .tflite model as a file."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

ALIGNMENT = 16  # Bytes: what the TFLite schema asks for of every constant (`force_align`).


def pack(model: schema.ModelT) -> bytes:
    """The content of a .tflite file with `model`, all constants inside and aligned.

    Python's flatbuffers library ignores `force_align`, and TensorFlow's converter aligns constants
    only to 4 bytes. litert-quantizer appends constants behind the flatbuffer, where runtimes from
    before 2024 do not find them.
    """
    model.buffers = [_Aligned(buffer) for buffer in model.buffers]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


class _Aligned(schema.BufferT):
    """A buffer whose bytes start at a multiple of ALIGNMENT."""

    def __init__(self, buffer: schema.BufferT):
        super().__init__()
        if buffer.data is not None:
            self.data = np.frombuffer(buffer.data, np.uint8)

    def Pack(self, builder):  # noqa: N802 (the library's name)
        if self.data is not None:
            builder.Prep(ALIGNMENT, self.data.size)  # Files are built from their end.
        return super().Pack(builder)
