package org.dfnet.core

/**
 * The disparities (1 / distance) at both ends of a colour map.
 *
 * They follow the 2nd and 98th percentile of each frame, smoothed so that colours do not flicker, or are held at a
 * range of distances.
 *
 * @param pixels of a frame.
 * @param smoothing the share by which each frame moves the limits towards its own.
 */
class DisparityLimits(pixels: Int, private val smoothing: Float = 0.1f) {
    /** The disparity of the far end; NaN before the first frame. */
    var far = Float.NaN
        private set

    /** The disparity of the near end; NaN before the first frame. */
    var near = Float.NaN
        private set
    private val percentiles = Percentiles(pixels)

    /** Moves towards the percentiles of what is valid (finite, positive); the first frame sets them. */
    fun follow(disparity: FloatArray) {
        percentiles.clear()
        for (value in disparity) if (isDisparity(value)) percentiles.add(value)
        if (percentiles.count == 0) return
        far = smoothed(far, percentiles.at(2f))
        near = smoothed(near, percentiles.at(98f))
    }

    /** Sets them to the disparities of two distances, in the depth's unit. */
    fun hold(nearest: Float, farthest: Float) {
        require(nearest > 0 && farthest > nearest) {
            "Expected distances 0 < nearest < farthest. Received: $nearest, $farthest."
        }
        near = 1 / nearest
        far = 1 / farthest
    }

    /** Where a disparity lies between the far (0) and the near end (1). */
    fun place(disparity: Float): Float = (disparity - far) / Math.max(near - far, 1e-12f)

    private fun smoothed(old: Float, new: Float) = if (old.isNaN()) new else old + smoothing * (new - old)
}

/** Whether it is the disparity of anything: positive and finite. */
internal fun isDisparity(value: Float) = value > 0 && value < Float.POSITIVE_INFINITY
