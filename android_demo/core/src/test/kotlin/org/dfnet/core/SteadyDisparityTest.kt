package org.dfnet.core

import kotlin.math.sqrt
import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class SteadyDisparityTest {
    private val still = FloatArray(2 * WIDTH * HEIGHT)

    /** An average with the share k of the past lets noise change from frame to frame by (1 - k) / sqrt(1 + k) of what it did. */
    @Test
    fun `noise of a still scene flickers as much less as the formula says`() {
        val random = Random(0)
        val steady = steady(keep = 0.6f)
        val change = Change()
        val steadyChange = Change()
        repeat(200) {
            val frame = FloatArray(WIDTH * HEIGHT) { 1 + 0.02f * (random.nextFloat() - 0.5f) }
            change.add(frame)
            steady.follow(frame, still)
            steadyChange.add(frame)
        }
        val expected = 0.4 / sqrt(1.6)
        assertEquals(expected, steadyChange.size / change.size, 0.05 * expected)
    }

    @Test
    fun `an edge that moves with the flow stays sharp`() {
        val steady = steady()
        val flow = FloatArray(2 * WIDTH * HEIGHT) { if (it % 2 == 0) -3f else 1f } // To where it was before.
        for (time in 0 until 4) {
            val frame = scene(3 * time, -time)
            steady.follow(frame, flow)
            assertArrayEquals(scene(3 * time, -time), frame, 1e-6f)
        }
    }

    @Test
    fun `between pixels the frame before is interpolated`() {
        val steady = steady(keep = 1f)
        steady.follow(FloatArray(WIDTH * HEIGHT) { 1 + 0.01f * (it % WIDTH) + 0.02f * (it / WIDTH) }, null)
        val frame = FloatArray(WIDTH * HEIGHT) { 1f + 0.01f * (it % WIDTH) + 0.02f * (it / WIDTH) }
        steady.follow(frame, FloatArray(2 * WIDTH * HEIGHT) { if (it % 2 == 0) 0.25f else 0.5f })
        assertEquals(1 + 0.01f * 2.25f + 0.02f * 1.5f, frame[WIDTH + 2], 1e-6f)
    }

    @Test
    fun `what comes into view or changes by much is seen at once`() {
        val steady = steady()
        steady.follow(FloatArray(WIDTH * HEIGHT) { 1f }, null)
        val frame = FloatArray(WIDTH * HEIGHT) { if (it < WIDTH) 2f else 1.1f }
        steady.follow(frame, FloatArray(2 * WIDTH * HEIGHT) { if (it % 2 == 0 && it / 2 % WIDTH < 2) -5f else 0f })
        assertEquals("A new object", 2f, frame[WIDTH - 1], 0f)
        assertEquals("From outside the picture", 1.1f, frame[2 * WIDTH], 0f)
        assertEquals("The rest is averaged", 0.6f * 1f + 0.4f * 1.1f, frame[3 * WIDTH - 1], 1e-6f)
    }

    @Test
    fun `frames that differ in scale alone are averaged too`() {
        val steady = steady(tolerance = 0.05f)
        steady.follow(scene(0, 0), null)
        val frame = scene(0, 0).map { 1.3f * it }.toFloatArray()
        steady.follow(frame, still)
        val expected = scene(0, 0).map { (0.6f + 0.4f * 1.3f) * it }.toFloatArray()
        assertArrayEquals(expected, frame, 1e-5f)
    }

    @Test
    fun `what is no disparity stays and spreads no further`() {
        val steady = steady()
        val invalid = floatArrayOf(Float.NaN, 0f, -1f, Float.POSITIVE_INFINITY)
        val frame = FloatArray(WIDTH * HEIGHT) { invalid.getOrElse(it) { 1f } }
        repeat(2) { steady.follow(frame, still) }
        assertArrayEquals(invalid, frame.copyOf(4), 0f)
        val next = FloatArray(WIDTH * HEIGHT) { 1f }
        steady.follow(next, still)
        assertTrue(next.all { it == 1f })
    }

    @Test
    fun `the first frame, and the first after forget, stays unchanged`() {
        val steady = steady()
        steady.follow(FloatArray(WIDTH * HEIGHT) { 1f }, still)
        steady.forget()
        val frame = FloatArray(WIDTH * HEIGHT) { 1.1f }
        steady.follow(frame, still)
        assertTrue(frame.all { it == 1.1f })
    }

    @Test
    fun `another size is refused`() {
        val error = assertThrows(IllegalArgumentException::class.java) { steady().follow(FloatArray(3), null) }
        assertEquals("Expected 384 disparities and as many flows. Received: 3, null.", error.message)
    }

    private fun steady(keep: Float = 0.6f, tolerance: Float = 0.15f) = SteadyDisparity(WIDTH, HEIGHT, keep, tolerance)

    /** A scene of edges that has moved to the right and down. */
    private fun scene(right: Int, down: Int) = FloatArray(WIDTH * HEIGHT) {
        1f + (it % WIDTH - right).mod(7) + 0.5f * (it / WIDTH - down).mod(5)
    }

    /** How much frames change from one to the next, as a root of the mean square. */
    private class Change {
        private var last: FloatArray? = null
        private var sum = 0.0
        private var count = 0
        val size get() = sqrt(sum / count)

        fun add(frame: FloatArray) {
            last?.let { old ->
                for (i in frame.indices) sum += ((frame[i] - old[i]) * (frame[i] - old[i])).toDouble()
                count += frame.size
            }
            last = frame.clone()
        }
    }

    private companion object {
        const val WIDTH = 24
        const val HEIGHT = 16
    }
}
