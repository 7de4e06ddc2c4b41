package org.dfnet.core

/**
 * The magnitude of full colour: follows the 99th percentile of each flow, smoothed so that colours do not flicker.
 *
 * @param pixels of a flow.
 * @param smoothing the share by which each flow moves it towards its own.
 * @param smallest below which it never goes, so that the noise of a still camera stays white.
 */
class FlowRange(pixels: Int, private val smoothing: Float = 0.1f, private val smallest: Float = 1f) {
    /** In pixels of the flow's size. */
    var maxMagnitude = smallest
        private set
    private val percentiles = Percentiles(pixels)
    private var started = false

    /** Moves towards the magnitudes of a flow (u, v, u, v, ...); the first one sets it. */
    fun follow(flow: FloatArray) {
        percentiles.clear()
        for (i in 0 until flow.size / 2) {
            val squared = flow[2 * i] * flow[2 * i] + flow[2 * i + 1] * flow[2 * i + 1]
            if (squared < Float.POSITIVE_INFINITY) percentiles.add(squared)
        }
        if (percentiles.count == 0) return
        val magnitude = Math.max(Math.sqrt(percentiles.at(99f).toDouble()).toFloat(), smallest)
        maxMagnitude = if (started) maxMagnitude + smoothing * (magnitude - maxMagnitude) else magnitude
        started = true
    }
}
