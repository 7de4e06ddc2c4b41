package org.dfnet.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class RgbImageTest {
    @Test
    fun `ARGB comes in as RGB and goes out opaque`() {
        val image = RgbImage(2, 1)
        image.setArgb(intArrayOf(0x00_0102FF, 0x7F_FF8000))
        assertArrayEquals(byteArrayOf(1, 2, -1, -1, -128, 0), image.bytes)
        assertEquals(0xFF_FF8000.toInt(), image.argb(3))
    }

    @Test
    fun `empty pictures and pixels of another size are refused`() {
        val empty = assertThrows(IllegalArgumentException::class.java) { RgbImage(0, 3) }
        assertEquals("Expected a picture of at least 1x1. Received: 0x3.", empty.message)
        assertThrows(IllegalArgumentException::class.java) { ArgbImage(3, 0) }
        val other = assertThrows(IllegalArgumentException::class.java) { RgbImage(2, 2).setArgb(IntArray(3)) }
        assertEquals("Expected 4 pixels for 2x2. Received: 3.", other.message)
    }
}
