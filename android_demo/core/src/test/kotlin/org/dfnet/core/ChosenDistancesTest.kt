package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class ChosenDistancesTest {
    private val disparities = 0.1f..10f

    @Test
    fun `sliders at their ends choose everything`() {
        val all = chosenDistances(disparities, 0f, 1f)
        assertEquals(0.1f, all.start, 1e-6f)
        assertEquals(10f, all.endInclusive, 1e-5f)
    }

    @Test
    fun `the middle is the geometric mean`() {
        assertEquals(1f, chosenDistances(disparities, 0.5f, 1f).start, 1e-6f)
        assertEquals(1f, chosenDistances(disparities, 0f, 0.5f).endInclusive, 1e-6f)
    }

    @Test
    fun `the far end stays farther than the near one`() {
        for ((near, far) in listOf(1f to 0f, 1f to 1f, 0f to 0f, 0.7f to 0.3f)) {
            val part = chosenDistances(disparities, near, far)
            assertTrue("$near, $far: $part", part.start < part.endInclusive)
            DisparityLimits(1).hold(part.start, part.endInclusive)
        }
    }

    @Test
    fun `a model that gives no range of positive disparities is refused`() {
        assertThrows(IllegalArgumentException::class.java) { chosenDistances(0f..10f, 0f, 1f) }
    }
}
