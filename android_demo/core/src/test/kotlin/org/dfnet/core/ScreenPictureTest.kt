package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class ScreenPictureTest {
    private val camera = RgbImage(2, 1).apply { setArgb(intArrayOf(0x102030, 0xFF0001)) }
    private val colours = ArgbImage(1, 1).apply { pixels[0] = argb(0x30, 0x00, 0xFF) }
    private val left = argb(0x10, 0x20, 0x30)
    private val right = argb(0xFF, 0x00, 0x01)
    private val colour = argb(0x30, 0x00, 0xFF)

    @Test
    fun `wide panels lie below each other`() {
        val screen = ScreenPicture(4, 2, Arrangement.BESIDE)
        screen.draw(camera, colours)
        assertEquals(listOf(4, 4), listOf(screen.image.width, screen.image.height))
        val top = listOf(left, left, right, right)
        assertEquals(top + top + List(8) { colour }, screen.image.pixels.toList())
    }

    @Test
    fun `a part is painted and nothing else`() {
        val image = ArgbImage(3, 2).apply { fill(Window(1, 0, 2, 1), colour) }
        assertEquals(listOf(0, colour, colour, 0, 0, 0), image.pixels.toList())
    }

    @Test
    fun `upright panels lie next to each other`() {
        val screen = ScreenPicture(2, 3, Arrangement.BESIDE)
        screen.draw(camera, colours)
        assertEquals(listOf(4, 3), listOf(screen.image.width, screen.image.height))
        val row = listOf(left, right, colour, colour)
        assertEquals(row + row + row, screen.image.pixels.toList())
        assertEquals(Window(2, 0, 2, 3), screen.colourPanel)
        assertEquals(Point(1f, 2f), screen.toPanel(3, 2))
        assertEquals(Point(1f, 2f), screen.toPanel(1, 2))
    }

    @Test
    fun `over the camera's picture colours are mixed`() {
        val screen = ScreenPicture(2, 1, Arrangement.OVER)
        screen.draw(camera, colours, opacity = 0.5f)
        assertEquals(listOf(argb(0x20, 0x10, 0x98), argb(0x98, 0x00, 0x80)), screen.image.pixels.toList())
        screen.draw(camera, colours, opacity = 0f)
        assertEquals(listOf(left, right), screen.image.pixels.toList())
        screen.draw(camera, colours, opacity = 1f)
        assertEquals(listOf(colour, colour), screen.image.pixels.toList())
    }

    @Test
    fun `alone there are colours only`() {
        val screen = ScreenPicture(2, 1, Arrangement.ALONE)
        screen.draw(camera, colours)
        assertEquals(listOf(colour, colour), screen.image.pixels.toList())
    }

    @Test
    fun `an opacity that is none is refused`() {
        val screen = ScreenPicture(2, 1, Arrangement.OVER)
        val error = assertThrows(IllegalArgumentException::class.java) { screen.draw(camera, colours, 1.5f) }
        assertEquals("Expected an opacity within 0..1. Received: 1.5.", error.message)
    }
}
