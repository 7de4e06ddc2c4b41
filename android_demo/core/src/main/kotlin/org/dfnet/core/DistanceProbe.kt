package org.dfnet.core

/**
 * Distances at tapped points. The depth of one camera has no unit, so what can be said is how many times farther one
 * point is than another.
 *
 * @param radius of the square around a point whose median counts, in pixels.
 */
class DistanceProbe(private val width: Int, private val height: Int, private val radius: Int = 2) {
    private val around = Percentiles((2 * radius + 1) * (2 * radius + 1))

    /** The distance at (x, y), up to scale: 1 / the median of the valid disparities around it; NaN without any. */
    fun distance(disparity: FloatArray, x: Int, y: Int): Float {
        require(x in 0 until width && y in 0 until height) {
            "Expected a point inside of ${width}x$height. Received: ($x, $y)."
        }
        around.clear()
        for (row in Math.max(0, y - radius)..Math.min(height - 1, y + radius)) {
            for (column in Math.max(0, x - radius)..Math.min(width - 1, x + radius)) {
                val value = disparity[row * width + column]
                if (isDisparity(value)) around.add(value)
            }
        }
        return 1 / around.at(50f)
    }

    /** How many times as far (x, y) is as the reference point. */
    fun ratio(disparity: FloatArray, x: Int, y: Int, referenceX: Int, referenceY: Int): Float =
        distance(disparity, x, y) / distance(disparity, referenceX, referenceY)
}
