package org.dfnet.core

/**
 * Removes flicker from the disparity of a film: averages each frame with earlier frames, moved along the flow.
 *
 * ```
 * before(p) = shown of the frame before, at p + flow(p)
 * scale     = median over p of before(p) / now(p)
 * shown(p)  = keep before(p) + (1 - keep) now(p)   where before(p) / (scale now(p)) is within 1 -+ tolerance
 *           = now(p)                               elsewhere: p came into view, it moved, or the flow is wrong
 * ```
 *
 * The network gives each frame its own scale. Without `scale`, a frame of another scale would disagree everywhere.
 *
 * @param keep the weight of earlier frames. A larger weight makes depth steadier, and shows real changes later.
 * @param tolerance the largest change that is averaged, relative to the disparity.
 */
class SteadyDisparity(
    private val width: Int,
    private val height: Int,
    private val keep: Float = 0.5f,
    private val tolerance: Float = 0.25f,
) {
    private val shown = FloatArray(width * height)
    private val before = FloatArray(width * height)
    private val ratios = Percentiles(width * height)
    private var started = false

    /** The next frame does not follow the last one. */
    fun forget() {
        started = false
    }

    /**
     * Replaces a frame's disparity by the steady one; what is not positive and finite stays.
     *
     * @param disparity row by row.
     * @param flow (u, v) in pixels from this frame to the one before, or null for the first frame of a film.
     */
    fun follow(disparity: FloatArray, flow: FloatArray?) {
        require(disparity.size == shown.size && (flow == null || flow.size == 2 * shown.size)) {
            "Expected ${shown.size} disparities and as many flows. Received: ${disparity.size}, ${flow?.size}."
        }
        if (started && flow != null) average(disparity, flow)
        disparity.copyInto(shown)
        started = true
    }

    private fun average(disparity: FloatArray, flow: FloatArray) {
        ratios.clear()
        for (i in shown.indices) {
            before[i] = sample(i % width + flow[2 * i], i / width + flow[2 * i + 1])
            if (isDisparity(before[i]) && isDisparity(disparity[i])) ratios.add(before[i] / disparity[i])
        }
        val scale = ratios.at(50f)
        for (i in shown.indices) {
            val apart = before[i] / (scale * disparity[i]) - 1 // NaN of what is no disparity.
            if (Math.abs(apart) <= tolerance) disparity[i] += keep * (before[i] - disparity[i])
        }
    }

    /** What was shown at a place between pixels; NaN outside the picture. */
    private fun sample(x: Float, y: Float): Float {
        if (!(x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1)) return Float.NaN
        val left = Math.min(x.toInt(), Math.max(width - 2, 0))
        val top = Math.min(y.toInt(), Math.max(height - 2, 0))
        val upper = mix(top * width + left, x - left)
        return upper + (y - top) * (mix(Math.min(top + 1, height - 1) * width + left, x - left) - upper)
    }

    private fun mix(at: Int, part: Float) = if (part == 0f) shown[at] else shown[at] + part * (shown[at + 1] - shown[at])
}
