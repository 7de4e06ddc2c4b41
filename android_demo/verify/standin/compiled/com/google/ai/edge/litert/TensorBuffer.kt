package com.google.ai.edge.litert

import org.dfnet.standin.Port

/** The memory of one input or output. As the real class, it takes too short an array in silence. */
class TensorBuffer internal constructor(private val port: Port) : AutoCloseable {
    fun writeInt8(data: ByteArray) = refusing {
        port.memory().apply { require(data.size <= capacity()) { TOO_LONG } }.put(data)
        Unit
    }

    fun writeFloat(data: FloatArray) = refusing {
        port.memory().asFloatBuffer().apply { require(data.size <= capacity()) { TOO_LONG } }.put(data)
        Unit
    }

    fun readFloat(): FloatArray = port.memory().asFloatBuffer().let { values ->
        FloatArray(values.capacity()).also { values.get(it) }
    }

    /** The memory belongs to the model. */
    override fun close() = Unit

    private companion object {
        const val TOO_LONG = "The data is larger than the tensor buffer."
    }
}
