package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class ColourMapTest {
    private val limits = DisparityLimits(1).apply { hold(nearest = 0.4f, farthest = 4f) } // Disparities 2.5, 0.25.

    @Test
    fun `disparities have the colours of the Python pictures`() {
        val golden = Golden("disparity")
        val expected = golden.image("colours")
        val pixels = IntArray(expected.width * expected.height)
        assertEquals(golden.floats("limits").toList(), listOf(limits.far, limits.near))
        ColourMap("magma").draw(golden.floats("disparity"), limits, pixels)
        assertEquals(0, colourDifference(pixels, expected))
    }

    @Test
    fun `every map goes from its first to its last colour`() {
        val ends = mapOf(
            "magma" to 0x000004, "inferno" to 0x000004, "viridis" to 0x440154, "turbo" to 0x30123B, "gray" to 0,
        )
        for (name in ColourMap.NAMES) {
            val map = ColourMap(name)
            assertEquals(ends.getValue(name), map.colour(-1f) and 0xFFFFFF)
            assertEquals(map.colour(0f), map.colour(1 / 257f))
            assertEquals(map.colour(1f), map.colour(7f))
            assertEquals(0, colourDifference(map.colour(0.5f), map.colour(0.5001f)))
        }
        assertEquals(argb(128, 128, 128), ColourMap("gray").colour(0.5f))
        assertEquals(argb(255, 255, 255), ColourMap("gray").colour(1f))
    }

    @Test
    fun `unknown maps and other sizes are refused`() {
        val name = assertThrows(IllegalArgumentException::class.java) { ColourMap("jet") }
        assertEquals(
            "Expected a colour map of [magma, inferno, viridis, turbo, gray]. Received: jet.", name.message,
        )
        assertThrows(IllegalArgumentException::class.java) {
            ColourMap("magma").draw(FloatArray(3), limits, IntArray(4))
        }
    }
}
