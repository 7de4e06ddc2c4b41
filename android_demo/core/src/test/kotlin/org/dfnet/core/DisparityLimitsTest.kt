package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class DisparityLimitsTest {
    @Test
    fun `the first frame sets them as in the Python pictures`() {
        val golden = Golden("disparity")
        val limits = DisparityLimits(golden.floats("disparity").size)
        assertTrue(limits.far.isNaN())
        limits.follow(golden.floats("disparity"))
        assertEquals(golden.floats("percentiles")[1], limits.far, 1e-6f)
        assertEquals(golden.floats("percentiles")[3], limits.near, 1e-6f)
    }

    @Test
    fun `they move slowly and arrive`() {
        val limits = DisparityLimits(2, smoothing = 0.25f)
        limits.follow(floatArrayOf(1f, 1f))
        limits.follow(floatArrayOf(2f, 2f))
        assertEquals(1.25f, limits.far, 1e-6f)
        assertEquals(1.25f, limits.near, 1e-6f)
        repeat(60) { limits.follow(floatArrayOf(2f, 2f)) }
        assertEquals(2f, limits.near, 1e-5f)
    }

    @Test
    fun `a frame without anything valid changes nothing`() {
        val limits = DisparityLimits(2)
        limits.follow(floatArrayOf(1f, 1f))
        limits.follow(floatArrayOf(Float.NaN, 0f))
        assertEquals(1f, limits.near, 0f)
    }

    @Test
    fun `a range of distances holds them`() {
        val limits = DisparityLimits(1)
        limits.hold(nearest = 0.5f, farthest = 4f)
        assertEquals(0.25f, limits.far, 0f)
        assertEquals(2f, limits.near, 0f)
        assertEquals(0f, limits.place(0.25f), 0f)
        assertEquals(1f, limits.place(2f), 0f)
        val error = assertThrows(IllegalArgumentException::class.java) { limits.hold(3f, 2f) }
        assertEquals("Expected distances 0 < nearest < farthest. Received: 3.0, 2.0.", error.message)
    }
}
