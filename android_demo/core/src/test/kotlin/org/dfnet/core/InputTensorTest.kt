package org.dfnet.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class InputTensorTest {
    private val image = RgbImage(1, 2).apply { setArgb(intArrayOf(0x00FF33, 0x0180FE)) }

    @Test
    fun `bytes go in as they are`() {
        val buffer = ByteBuffer.allocateDirect(6)
        repeat(2) { InputTensor.fill(image, "uint8", buffer) } // A buffer is used again.
        assertEquals(listOf(0, 255, 51, 1, 128, 254), List(6) { buffer.get().toInt() and 0xFF })
    }

    @Test
    fun `floats are fractions of 255 in the buffer's byte order`() {
        for (order in listOf(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            val buffer = ByteBuffer.allocateDirect(24).order(order)
            repeat(2) { InputTensor.fill(image, "float32", buffer) }
            assertEquals(listOf(0f, 1f, 0.2f, 1 / 255f, 128 / 255f, 254 / 255f), List(6) { buffer.getFloat() })
        }
    }

    @Test
    fun `other types and sizes are refused`() {
        val type = assertThrows(IllegalArgumentException::class.java) {
            InputTensor.fill(image, "int16", ByteBuffer.allocate(12))
        }
        assertEquals("Expected an input of type uint8 or float32. Received: int16.", type.message)
        val size = assertThrows(IllegalArgumentException::class.java) {
            InputTensor.fill(image, "float32", ByteBuffer.allocate(6))
        }
        assertEquals("Expected a buffer of 24 bytes for 1x2 float32. Received: 6.", size.message)
    }
}
