package org.dfnet.core

import java.nio.ByteBuffer
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class YuvPlanesTest {
    private val goldens = (0..5).map { Golden("frame_$it") }

    @Test
    fun `every layout becomes the RGB of JFIF`() {
        for (golden in goldens) {
            val expected = golden.image("rgb")
            val image = RgbImage(expected.width, expected.height)
            planes(golden).toRgb(image)
            for (at in image.bytes.indices step 3) {
                assertTrue(colourDifference(image.argb(at), expected.argb(at)) <= 1)
            }
        }
    }

    @Test
    fun `direct buffers become the same as arrays`() {
        for (golden in goldens) {
            val image = whole(planes(golden))
            assertArrayEquals(image.bytes, whole(planes(golden, ::direct)).bytes)
        }
    }

    @Test
    fun `a part is that part of the whole`() {
        val planes = planes(goldens[3])
        val whole = whole(planes)
        for ((left, top) in listOf(0 to 0, 1 to 0, 0 to 1, 3 to 5, 8 to 4)) {
            val part = RgbImage(5, 4)
            planes.toRgb(part, left, top)
            for (y in 0 until 4) {
                for (x in 0 until 5) {
                    assertEquals(whole.argb(3 * ((top + y) * whole.width + left + x)), part.argb(3 * (y * 5 + x)))
                }
            }
        }
    }

    @Test
    fun `grey white and pure red come out as they went in`() {
        assertEquals(argb(77, 77, 77), onePixel(77, 128, 128))
        assertEquals(argb(255, 255, 255), onePixel(255, 128, 128))
        assertEquals(argb(254, 0, 0), onePixel(76, 85, 255)) // JFIF's red: (254, 0, 0) with whole numbers.
        assertEquals(argb(255, 255, 28), onePixel(255, 0, 148)) // Clamped from (283, 285, 28).
    }

    @Test
    fun `one object serves frames of several sizes`() {
        val planes = YuvPlanes()
        for (golden in goldens + goldens.reversed()) {
            set(planes, golden) { ByteBuffer.wrap(it) }
            assertArrayEquals(whole(planes(golden)).bytes, whole(planes).bytes)
        }
    }

    @Test
    fun `a buffer that is too short is refused`() {
        val full = ByteBuffer.allocate(12)
        val error = assertThrows(IllegalArgumentException::class.java) {
            YuvPlanes().set(4, 3, full, ByteBuffer.allocate(4), ByteBuffer.allocate(3), 4, 2, 1)
        }
        assertEquals("Expected at least 4 bytes in the V plane. Received: 3.", error.message)
        val stride = assertThrows(IllegalArgumentException::class.java) {
            YuvPlanes().set(4, 3, full, full, full, 3, 2, 1)
        }
        assertEquals(
            "Expected strides of the Y plane for 4 pixels a row. Received: row stride 3, pixel stride 1.",
            stride.message,
        )
    }

    @Test
    fun `a part outside of the frame is refused`() {
        val error = assertThrows(IllegalArgumentException::class.java) {
            planes(goldens[0]).toRgb(RgbImage(8, 6), 1, 0)
        }
        assertEquals("Expected a part of the 8x6 frame. Received: 8x6 at (1, 0).", error.message)
    }

    private fun onePixel(y: Int, u: Int, v: Int): Int {
        val planes = YuvPlanes()
        planes.set(1, 1, one(y), one(u), one(v), 1, 1, 1)
        return whole(planes).argb(0)
    }

    private fun one(value: Int) = ByteBuffer.wrap(byteArrayOf(value.toByte()))

    private fun whole(planes: YuvPlanes) = RgbImage(planes.width, planes.height).also { planes.toRgb(it) }

    private fun planes(golden: Golden, buffer: (ByteArray) -> ByteBuffer = ByteBuffer::wrap) =
        YuvPlanes().also { set(it, golden, buffer) }

    private fun set(planes: YuvPlanes, golden: Golden, buffer: (ByteArray) -> ByteBuffer) {
        val (height, width) = golden.shape("rgb")
        val (yStride, uvStride, pixelStride) = golden.ints("strides")
        val (y, u, v) = listOf("y", "u", "v").map { buffer(golden.bytes(it)) }
        planes.set(width, height, y, u, v, yStride, uvStride, pixelStride)
    }

    private fun direct(bytes: ByteArray) = ByteBuffer.allocateDirect(bytes.size).apply { put(bytes) }
}
