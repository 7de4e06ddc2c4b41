package org.dfnet.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class RotationTest {
    // 1 2 3
    // 4 5 6
    private val image = RgbImage(3, 2).apply { setArgb(intArrayOf(1, 2, 3, 4, 5, 6)) }

    @Test
    fun `a picture turns clockwise`() {
        assertEquals(listOf(1, 2, 3, 4, 5, 6), turned(0, 3, 2))
        assertEquals(listOf(4, 1, 5, 2, 6, 3), turned(90, 2, 3))
        assertEquals(listOf(6, 5, 4, 3, 2, 1), turned(180, 3, 2))
        assertEquals(listOf(3, 6, 2, 5, 1, 4), turned(270, 2, 3))
    }

    @Test
    fun `a quarter and three quarters are a whole turn`() {
        val quarter = RgbImage(2, 3)
        val whole = RgbImage(3, 2)
        image.rotate(90, quarter)
        quarter.rotate(270, whole)
        assertArrayEquals(image.bytes, whole.bytes)
    }

    @Test
    fun `an angle in between and a picture that does not fit are refused`() {
        val angle = assertThrows(IllegalArgumentException::class.java) { image.rotate(45, RgbImage(3, 2)) }
        assertEquals("Expected 0, 90, 180 or 270 degrees. Received: 45.", angle.message)
        val size = assertThrows(IllegalArgumentException::class.java) { image.rotate(90, RgbImage(3, 2)) }
        assertEquals("Expected a picture of 2x3. Received: 3x2.", size.message)
    }

    private fun turned(degrees: Int, width: Int, height: Int): List<Int> {
        val into = RgbImage(width, height)
        image.rotate(degrees, into)
        return (0 until width * height).map { into.argb(3 * it) and 0xFFFFFF }
    }
}
