package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class FlowColoursTest {
    private val colours = FlowColours()

    @Test
    fun `flow has the colours of the Python pictures`() {
        val golden = Golden("flow")
        val expected = golden.image("colours")
        val pixels = IntArray(expected.width * expected.height)
        colours.draw(golden.floats("flow"), 6f, pixels)
        assertTrue(colourDifference(pixels, expected) <= 1)
    }

    @Test
    fun `the legend is a disc of all directions`() {
        val expected = Golden("legend").image("colours")
        val image = ArgbImage(50, 45)
        colours.drawLegend(image, 22, 21, 20)
        for (y in 0 until 45) {
            for (x in 0 until 50) {
                val pixel = image.pixels[y * 50 + x]
                if ((x - 22) * (x - 22) + (y - 21) * (y - 21) > 400) assertEquals(0, pixel)
                else assertTrue(colourDifference(pixel, expected.argb(3 * ((y - 1) * 41 + x - 2))) <= 1)
            }
        }
    }

    @Test
    fun `right is red down yellow and still white`() {
        assertEquals(argb(255, 0, 0), colours.colour(1f, 0f))
        assertEquals(argb(255, 0, 0), colours.colour(1f, -1e-9f)) // The last direction before the first.
        assertEquals(argb(255, 128, 128), colours.colour(0.5f, 0f))
        assertTrue(colourDifference(argb(255, 234, 0), colours.colour(0f, 1f)) <= 1) // 13.75 of the 15 to yellow.
        assertEquals(argb(255, 255, 255), colours.colour(0f, 0f))
        assertEquals(UNKNOWN, colours.colour(Float.NaN, 0f))
    }

    @Test
    fun `flow of another size is refused`() {
        val error = assertThrows(IllegalArgumentException::class.java) { colours.draw(FloatArray(7), 1f, IntArray(4)) }
        assertEquals("Expected 8 numbers for 4 pixels. Received: 7.", error.message)
    }
}
