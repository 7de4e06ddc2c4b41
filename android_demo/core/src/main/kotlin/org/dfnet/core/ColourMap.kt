package org.dfnet.core

/**
 * A table of 256 colours from far to near: matplotlib's, which tests/android/make_golden.py writes as resources.
 *
 * @param name one of [NAMES]; `magma` is that of the Python pictures (dfnet_tf.visualize.color_disparity).
 */
class ColourMap(val name: String) {
    private val table: IntArray

    init {
        require(name in NAMES) { "Expected a colour map of $NAMES. Received: $name." }
        val stream = checkNotNull(ColourMap::class.java.getResourceAsStream("$name.rgb")) { "No resource $name.rgb." }
        val bytes = stream.use { it.readBytes() }
        table = IntArray(256) {
            argb(bytes[3 * it].toInt() and 0xFF, bytes[3 * it + 1].toInt() and 0xFF, bytes[3 * it + 2].toInt() and 0xFF)
        }
    }

    /** The colour at [place], from 0 (far) to 1 (near); beyond them that of the end. */
    fun colour(place: Float): Int = table[Math.max(0, Math.min(255, (place * 256).toInt()))]

    /** Colours a picture of disparities; what is not positive and finite becomes grey. */
    fun draw(disparity: FloatArray, limits: DisparityLimits, into: IntArray) {
        require(disparity.size == into.size) {
            "Expected ${into.size} disparities for as many pixels. Received: ${disparity.size}."
        }
        for (i in into.indices) {
            val value = disparity[i]
            into[i] = if (isDisparity(value)) colour(limits.place(value)) else UNKNOWN
        }
    }

    companion object {
        val NAMES = listOf("magma", "inferno", "viridis", "turbo", "gray")
    }
}
