package org.dfnet.core

import java.nio.ByteBuffer

/** Fills a model's input [1, H, W, 3] with a picture of its size. Types are named as in the model's JSON. */
object InputTensor {
    private val fractions = FloatArray(256) { it / 255f }

    /** `uint8`: 0..255; `float32`: 0..1, in the byte order of [buffer]. Leaves the buffer rewound. */
    fun fill(image: RgbImage, dtype: String, buffer: ByteBuffer) {
        val size = when (dtype) {
            "uint8" -> 1
            "float32" -> 4
            else -> throw IllegalArgumentException("Expected an input of type uint8 or float32. Received: $dtype.")
        }
        require(buffer.capacity() == size * image.bytes.size) {
            "Expected a buffer of ${size * image.bytes.size} bytes for ${image.width}x${image.height} $dtype. " +
                "Received: ${buffer.capacity()}."
        }
        buffer.clear()
        if (size == 1) buffer.put(image.bytes)
        else for (byte in image.bytes) buffer.putFloat(fractions[byte.toInt() and 0xFF])
        buffer.rewind()
    }
}
