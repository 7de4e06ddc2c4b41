package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ScaleBarTest {
    private val grey = ColourMap("gray")

    @Test
    fun `ticks are round distances at their places`() {
        val ticks = ticks(nearest = 0.5f, farthest = 10f) // Disparities 2 to 0.1.
        assertEquals(listOf(0.5f, 1f, 2f, 5f, 10f), ticks.map { it.first })
        assertEquals(1f, ticks[0].second, 1e-6f)
        assertEquals(0.9f / 1.9f, ticks[1].second, 1e-6f)
        assertEquals(0f, ticks[4].second, 1e-6f)
    }

    @Test
    fun `towards infinity ticks end where they would crowd`() {
        assertEquals(listOf(1f, 2f, 5f, 10f, 20f), ticks(nearest = 1f, farthest = 1e6f).map { it.first })
    }

    @Test
    fun `a range between two round distances has no tick`() {
        assertTrue(ticks(2.1f, 4.9f).isEmpty())
    }

    @Test
    fun `without a frame there is no tick`() {
        forEachTick(DisparityLimits(1)) { _, _ -> throw AssertionError() }
    }

    @Test
    fun `the bar goes from far to near within its window`() {
        val image = ArgbImage(12, 4)
        val limits = DisparityLimits(1).apply { hold(0.95f, 1.9f) } // A tick at 1, place 0.9 of the width.
        grey.drawScaleBar(limits, image, Window(1, 1, 10, 2))
        val row = List(10) { image.pixels[12 + 1 + it] }
        assertEquals(grey.colour(0.05f), row[0])
        assertEquals(argb(0, 0, 0), row[8])
        assertTrue((row.take(8)).zipWithNext().all { (left, right) -> (left and 0xFF) < (right and 0xFF) })
        assertEquals(row, List(10) { image.pixels[24 + 1 + it] })
        val outside = image.pixels.indices.filter { it / 12 !in 1..2 || it % 12 !in 1..10 }
        assertTrue(outside.all { image.pixels[it] == 0 })
    }

    @Test
    fun `ticks are seen on dark and on light colours`() {
        val image = ArgbImage(10, 1)
        val limits = DisparityLimits(1).apply { hold(0.6f, 3f) } // Ticks at 1 and 2, places 1/2 and 1/8.
        grey.drawScaleBar(limits, image, Window(0, 0, 10, 1))
        assertEquals(listOf(argb(255, 255, 255), argb(0, 0, 0)), listOf(image.pixels[1], image.pixels[5]))
    }

    private fun ticks(nearest: Float, farthest: Float): List<Pair<Float, Float>> {
        val found = ArrayList<Pair<Float, Float>>()
        val limits = DisparityLimits(1).apply { hold(nearest, farthest) }
        forEachTick(limits) { distance, place -> found.add(distance to place) }
        return found
    }
}
