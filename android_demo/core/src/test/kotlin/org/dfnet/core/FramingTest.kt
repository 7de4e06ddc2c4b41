package org.dfnet.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class FramingTest {
    @Test
    fun `resizing is the export's area resize`() {
        for (golden in (0..4).map { Golden("resize_$it") }) {
            val image = golden.image("image")
            val (height, width) = golden.shape("resized")
            val into = RgbImage(width, height)
            AreaScaler(image.width, image.height, width, height).draw(image, 0, 0, into, 0, 0)
            golden.floats("resized").forEachIndexed { i, expected ->
                // Half a step for rounding, and a little for weights of 11 bits.
                assertEquals(expected, (into.bytes[i].toInt() and 0xFF).toFloat(), 0.6f)
            }
        }
    }

    @Test
    fun `cropping shows the middle and fills the target`() {
        val framing = Framing(640, 480, 640, 192, Fit.CROP)
        assertEquals(Window(0, 144, 640, 192), framing.source)
        assertEquals(Window(0, 0, 640, 192), framing.target)
        assertEquals(Window(253, 0, 134, 480), Framing(640, 480, 57, 204, Fit.CROP).source)
    }

    @Test
    fun `letterboxing shows the whole in the middle`() {
        val framing = Framing(640, 480, 640, 192, Fit.LETTERBOX)
        assertEquals(Window(0, 0, 640, 480), framing.source)
        assertEquals(Window(192, 0, 256, 192), framing.target)
    }

    @Test
    fun `a crop at the target's size is an exact copy`() {
        val image = noise(10, 8)
        val into = RgbImage(10, 2)
        Framing(10, 8, 10, 2, Fit.CROP).draw(image, into)
        assertArrayEquals(image.bytes.copyOfRange(3 * 3 * 10, 3 * 5 * 10), into.bytes)
    }

    @Test
    fun `a cropped part is drawn as in the whole`() {
        val image = noise(23, 17)
        val framing = Framing(23, 17, 6, 8, Fit.CROP)
        val window = framing.source
        val part = RgbImage(window.width, window.height)
        for (y in 0 until window.height) {
            val from = 3 * ((window.top + y) * image.width + window.left)
            image.bytes.copyInto(part.bytes, 3 * y * window.width, from, from + 3 * window.width)
        }
        val fromWhole = RgbImage(6, 8).also { framing.draw(image, it) }
        val fromPart = RgbImage(6, 8).also { framing.drawPart(part, it) }
        assertArrayEquals(fromWhole.bytes, fromPart.bytes)
    }

    @Test
    fun `bars are black whatever was there`() {
        val into = RgbImage(8, 4).apply { bytes.fill(7) }
        val white = RgbImage(3, 3).apply { bytes.fill(-1) }
        Framing(3, 3, 8, 4, Fit.LETTERBOX).draw(white, into)
        for (x in 0 until 8) assertEquals(if (x in 2..5) argb(255, 255, 255) else argb(0, 0, 0), into.argb(3 * x))
    }

    @Test
    fun `the largest picture stays within its numbers`() {
        val white = RgbImage(4000, 3).apply { bytes.fill(-1) }
        val into = RgbImage(7, 1)
        AreaScaler(4000, 3, 7, 1).draw(white, 0, 0, into, 0, 0)
        assertTrue(into.bytes.all { it == (-1).toByte() })
    }

    @Test
    fun `pictures of other sizes are refused`() {
        val framing = Framing(8, 6, 4, 4, Fit.CROP)
        val error = assertThrows(IllegalArgumentException::class.java) { framing.draw(RgbImage(6, 8), RgbImage(4, 4)) }
        assertEquals("Expected a picture of 8x6. Received: 6x8.", error.message)
        assertThrows(IllegalArgumentException::class.java) { framing.draw(RgbImage(8, 6), RgbImage(4, 3)) }
        assertThrows(IllegalArgumentException::class.java) { Framing(8, 6, 0, 4, Fit.CROP) }
    }
}
