package org.dfnet.core

private const val SMALLEST_PART = 0.02f // The far end must be farther than the near one.

/**
 * A part of all distances that a model can give, chosen by two sliders.
 *
 * @param disparities smallest and largest that the model gives, both positive.
 * @param near end of the part: 0 is the nearest distance, 1 the farthest, equal steps are equal factors.
 * @param far end of the part, likewise; too near to `near`, it is moved away.
 */
fun chosenDistances(
    disparities: ClosedFloatingPointRange<Float>,
    near: Float,
    far: Float,
): ClosedFloatingPointRange<Float> {
    require(disparities.start > 0 && disparities.start < disparities.endInclusive) {
        "Expected disparities 0 < smallest < largest. Received: $disparities."
    }
    val ratio = Math.log((disparities.endInclusive / disparities.start).toDouble())
    fun distance(part: Float) = (Math.exp(part * ratio) / disparities.endInclusive).toFloat()
    val begin = minOf(near, 1 - SMALLEST_PART)
    return distance(begin)..distance(maxOf(far, begin + SMALLEST_PART))
}
