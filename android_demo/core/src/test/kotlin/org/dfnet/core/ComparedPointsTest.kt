package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

class ComparedPointsTest {
    private val left = Point(10f, 20f)
    private val right = Point(50f, 20f)

    /** The left half has disparity 2, the right one 0.5: four times as far. */
    private val disparity = FloatArray(60 * 40) { if (it % 60 < 30) 2f else 0.5f }
    private val compared = ComparedPoints(60, 40)

    @Test
    fun `the second point is measured by the first`() {
        assertNull(compared.ratio(disparity))
        compared.touch(left)
        assertNull(compared.ratio(disparity))
        compared.touch(right)
        assertEquals(4f, compared.ratio(disparity)!!, 1e-6f)
        assertEquals(listOf(left, right), compared.points)
    }

    @Test
    fun `a third point takes the second one's place`() {
        for (point in listOf(left, right, Point(10f, 35f))) compared.touch(point)
        assertEquals(1f, compared.ratio(disparity)!!, 1e-6f)
    }

    @Test
    fun `the reference touched again begins anew`() {
        for (point in listOf(left, right, Point(left.x + 2, left.y - 2))) compared.touch(point)
        assertTrue(compared.points.isEmpty())
        assertNull(compared.ratio(disparity))
    }

    @Test
    fun `where nothing is known there is no number`() {
        for (point in listOf(left, right)) compared.touch(point)
        assertTrue(compared.ratio(FloatArray(60 * 40))!!.isNaN())
    }
}
