package org.dfnet.core

/** Draws the colours from far (left) to near (right) into [window] of a picture, with a line at each [forEachTick]. */
fun ColourMap.drawScaleBar(limits: DisparityLimits, into: ArgbImage, window: Window) {
    val first = window.top * into.width + window.left
    for (x in 0 until window.width) into.pixels[first + x] = colour((x + 0.5f) / window.width)
    forEachTick(limits) { _, place ->
        val at = first + Math.min((place * window.width).toInt(), window.width - 1)
        into.pixels[at] = contrasting(into.pixels[at])
    }
    for (y in 1 until window.height) {
        System.arraycopy(into.pixels, first, into.pixels, first + y * into.width, window.width)
    }
}

/** White for dark colours, black for light ones; by green, which makes up most of brightness. */
private fun contrasting(colour: Int) = if (colour shr 8 and 0xFF < 128) argb(255, 255, 255) else argb(0, 0, 0)

/**
 * Visits the distances 1, 2 and 5 times a power of ten between the limits, nearest first, and where they are on the
 * bar (0 far, 1 near). Towards the far end they crowd: it stops when two are less than 0.04 apart.
 */
inline fun forEachTick(limits: DisparityLimits, visit: (distance: Float, place: Float) -> Unit) {
    var power = Math.pow(10.0, Math.floor(Math.log10(1.0 / limits.near)))
    var last = Float.POSITIVE_INFINITY
    while (true) {
        for (digit in TICK_DIGITS) {
            val distance = (digit * power).toFloat()
            val place = limits.place(1 / distance)
            if (!(place >= 0) || last - place < 0.04f) return // NaN, too: limits before the first valid disparity.
            if (place <= 1) {
                visit(distance, place)
                last = place
            }
        }
        power *= 10
    }
}

@PublishedApi
internal val TICK_DIGITS = intArrayOf(1, 2, 5)
