package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class DistanceProbeTest {
    // Left half at distance 2, right half at 8, with one pixel of nonsense in each.
    private val disparity = FloatArray(10 * 6) { if (it % 10 < 5) 0.5f else 0.125f }.also {
        it[2 * 10 + 2] = 100f
        it[2 * 10 + 7] = Float.NaN
    }
    private val probe = DistanceProbe(10, 6)

    @Test
    fun `a distance is that of most pixels around`() {
        assertEquals(2f, probe.distance(disparity, 2, 2), 0f)
        assertEquals(8f, probe.distance(disparity, 7, 2), 0f)
        assertEquals(8f, probe.distance(disparity, 9, 5), 0f) // In a corner, too.
    }

    @Test
    fun `a point is several times as far as another`() {
        assertEquals(4f, probe.ratio(disparity, 7, 3, 1, 3), 0f)
        assertEquals(0.25f, probe.ratio(disparity, 1, 3, 7, 3), 0f)
    }

    @Test
    fun `without valid disparity there is no distance`() {
        assertTrue(probe.distance(FloatArray(60), 5, 3).isNaN())
    }

    @Test
    fun `a point outside is refused`() {
        val error = assertThrows(IllegalArgumentException::class.java) { probe.distance(disparity, 10, 0) }
        assertEquals("Expected a point inside of 10x6. Received: (10, 0).", error.message)
    }
}
