package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Test

class FlowRangeTest {
    @Test
    fun `the first flow sets it as in the Python pictures`() {
        val golden = Golden("flow")
        val range = FlowRange(golden.floats("flow").size / 2)
        range.follow(golden.floats("flow"))
        assertEquals(golden.floats("magnitude_99")[0], range.maxMagnitude, 0.01f) // Interpolated between squares.
    }

    @Test
    fun `it moves slowly and not below the noise`() {
        val range = FlowRange(1, smoothing = 0.5f, smallest = 1f)
        range.follow(floatArrayOf(3f, 4f))
        assertEquals(5f, range.maxMagnitude, 1e-6f)
        range.follow(floatArrayOf(0f, 9f))
        assertEquals(7f, range.maxMagnitude, 1e-6f)
        range.follow(floatArrayOf(Float.NaN, 0f))
        assertEquals(7f, range.maxMagnitude, 1e-6f)
        repeat(50) { range.follow(floatArrayOf(0.01f, 0f)) }
        assertEquals(1f, range.maxMagnitude, 1e-5f)
    }
}
