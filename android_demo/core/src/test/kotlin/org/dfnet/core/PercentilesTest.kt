package org.dfnet.core

import java.util.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class PercentilesTest {
    @Test
    fun `they are numpy's`() {
        val golden = Golden("disparity")
        val percentiles = Percentiles(golden.floats("disparity").size)
        golden.floats("disparity").filter(::isDisparity).forEach(percentiles::add)
        val expected = golden.floats("percentiles")
        listOf(0f, 2f, 50f, 98f, 100f).forEachIndexed { i, percent ->
            assertEquals(expected[i], percentiles.at(percent), 1e-6f)
        }
    }

    @Test
    fun `every rank is found whatever the order`() {
        val random = Random(0)
        val orders = listOf<(Int) -> Int>({ it % 7 }, { it }, { -it }, { random.nextInt(50) })
        for (values in orders.map { List(99, it) }) {
            val percentiles = Percentiles(101)
            (values + listOf(1000, -1000)).forEach { percentiles.add(it.toFloat()) }
            val sorted = (values + listOf(1000, -1000)).sorted()
            for (rank in 0..100) assertEquals(sorted[rank].toFloat(), percentiles.at(rank.toFloat()), 0f)
        }
    }

    @Test
    fun `of nothing there is none`() {
        val percentiles = Percentiles(2)
        assertTrue(percentiles.at(50f).isNaN())
        percentiles.add(3f)
        assertEquals(3f, percentiles.at(98f), 0f)
        percentiles.clear()
        assertTrue(percentiles.at(50f).isNaN())
    }
}
