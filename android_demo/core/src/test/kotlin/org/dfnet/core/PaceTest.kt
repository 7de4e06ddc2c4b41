package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Test

class PaceTest {
    private val pace = Pace()

    @Test
    fun `nothing is known before the first run`() {
        assertEquals(0.0, pace.latencyMillis, 0.0)
        assertEquals(0.0, pace.framesPerSecond, 0.0)
    }

    @Test
    fun `the latency is the median and the rate that of the ends`() {
        add(beginMillis = 0, endMillis = 30)
        add(beginMillis = 100, endMillis = 130)
        add(beginMillis = 140, endMillis = 230)
        assertEquals(30.0, pace.latencyMillis, 1e-9)
        assertEquals(10.0, pace.framesPerSecond, 1e-9) // Two intervals in 200 ms.
    }

    @Test
    fun `only the last runs count`() {
        for (i in 0 until 100L) add(1000 * i, 1000 * i + 500)
        for (i in 0 until Pace.WINDOW) add(200_000 + 50L * i, 200_020 + 50L * i)
        assertEquals(20.0, pace.latencyMillis, 1e-9)
        assertEquals(20.0, pace.framesPerSecond, 1e-9)
    }

    @Test
    fun `a restart forgets`() {
        add(0, 30)
        add(100, 130)
        pace.restart()
        assertEquals(0.0, pace.latencyMillis, 0.0)
        add(10_000, 10_040)
        assertEquals(40.0, pace.latencyMillis, 1e-9)
        assertEquals(0.0, pace.framesPerSecond, 0.0)
    }

    private fun add(beginMillis: Long, endMillis: Long) = pace.add(beginMillis * 1_000_000, endMillis * 1_000_000)
}
