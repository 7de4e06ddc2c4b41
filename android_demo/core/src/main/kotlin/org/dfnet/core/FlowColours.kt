package org.dfnet.core

/**
 * Colours of optical flow, as dfnet_tf.visualize.color_flow: hue = direction, white = no motion.
 *
 * By the Middlebury wheel: right is red, down yellow, left light blue, up violet (Baker et al., "A database and
 * evaluation methodology for optical flow", IJCV 2011). An arc tangent per pixel costs too much on a phone: hues are
 * looked up by where the direction meets the rim of a square.
 */
class FlowColours {
    private val hues = IntArray(8 * OCTANT + 1) { hue(angleOnRim(it)) }

    /** Colours a flow (u, v, u, v, ...): fully from [maxMagnitude], in its unit; grey is what is not finite. */
    fun draw(flow: FloatArray, maxMagnitude: Float, into: IntArray) {
        require(flow.size == 2 * into.size) {
            "Expected ${2 * into.size} numbers for ${into.size} pixels. Received: ${flow.size}."
        }
        val scale = 1 / Math.max(maxMagnitude, 1e-6f)
        for (i in into.indices) into[i] = colour(flow[2 * i] * scale, flow[2 * i + 1] * scale)
    }

    /** Draws the legend, the colours of all directions and of magnitudes up to [draw]'s, as a disc. */
    fun drawLegend(into: ArgbImage, centreX: Int, centreY: Int, radius: Int) {
        for (y in -radius..radius) {
            for (x in -radius..radius) {
                if (x * x + y * y > radius * radius) continue
                val colour = colour(x / radius.toFloat(), y / radius.toFloat())
                into.pixels[(centreY + y) * into.width + centreX + x] = colour
            }
        }
    }

    /** The colour of a flow in units of the greatest magnitude. */
    fun colour(u: Float, v: Float): Int {
        val length = Math.sqrt((u * u + v * v).toDouble()).toFloat()
        if (!(length < Float.POSITIVE_INFINITY)) return UNKNOWN
        if (length == 0f) return argb(255, 255, 255)
        val hue = hues[placeOnRim(u, v)]
        val strength = Math.min(length, 1f)
        return argb(faded(hue shr 16, strength), faded(hue shr 8, strength), faded(hue, strength))
    }

    /** From white to the lowest byte of [hue]. */
    private fun faded(hue: Int, strength: Float) = (255.5f - strength * (255 - (hue and 0xFF))).toInt()

    /** Where the direction meets a square around the origin, along its rim from +u over +v, 8 * OCTANT in all. */
    private fun placeOnRim(u: Float, v: Float): Int {
        val across = Math.abs(u)
        val down = Math.abs(v)
        val quarter = if (down <= across) down / across else 2 - across / down
        val place = if (v >= 0) (if (u >= 0) quarter else 4 - quarter) else (if (u < 0) 4 + quarter else 8 - quarter)
        return (place * OCTANT + 0.5f).toInt()
    }

    /** The angle from +u to +v of a place on the rim, in radians within 0..2 pi. */
    private fun angleOnRim(index: Int): Double {
        val octant = index / OCTANT
        val along = index % OCTANT / OCTANT.toDouble()
        val within = if (octant % 2 == 0) Math.atan(along) else Math.atan(along - 1) + Math.PI / 4
        return octant * Math.PI / 4 + within
    }

    private fun hue(angle: Double): Int {
        val place = angle / (2 * Math.PI) * WHEEL_STOPS.last()
        val segment = (0 until WHEEL_STOPS.size - 2).firstOrNull { place < WHEEL_STOPS[it + 1] } ?: WHEEL_STOPS.size - 2
        val share = (place - WHEEL_STOPS[segment]) / (WHEEL_STOPS[segment + 1] - WHEEL_STOPS[segment])
        val from = WHEEL_COLOURS[segment]
        val to = WHEEL_COLOURS[segment + 1]
        fun mixed(shift: Int) =
            Math.round((from shr shift and 0xFF) * (1 - share) + (to shr shift and 0xFF) * share).toInt()
        return argb(mixed(16), mixed(8), mixed(0))
    }

    private companion object {
        const val OCTANT = 1024  // Entries for 45 degrees: the steepest hue then changes by less than half a step.
        val WHEEL_STOPS = intArrayOf(0, 15, 21, 25, 36, 49, 55)
        val WHEEL_COLOURS = intArrayOf(0xFF0000, 0xFFFF00, 0x00FF00, 0x00FFFF, 0x0000FF, 0xFF00FF, 0xFF0000)
    }
}
