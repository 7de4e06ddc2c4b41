package org.dfnet.core

/** Two touched points of a depth picture: the first is the reference, each further one is measured by it. */
class ComparedPoints(private val width: Int, private val height: Int) {
    private val probe = DistanceProbe(width, height)
    private var reference: Point? = null
    private var compared: Point? = null

    /** The reference first. */
    val points: List<Point> get() = listOfNotNull(reference, compared)

    /** Touching the reference again, within a finger's width, begins anew. */
    fun touch(point: Point) {
        val old = reference
        if (old == null) {
            reference = point
        } else if (maxOf(Math.abs(point.x - old.x), Math.abs(point.y - old.y)) > maxOf(width, height) / FINGER) {
            compared = point
        } else {
            reference = null
            compared = null
        }
    }

    /** How many times as far the second point is as the reference; null without both, NaN where nothing is known. */
    fun ratio(disparity: FloatArray): Float? {
        val from = reference ?: return null
        val to = compared ?: return null
        return probe.ratio(disparity, to.x.toInt(), to.y.toInt(), from.x.toInt(), from.y.toInt())
    }

    private companion object {
        const val FINGER = 20 // A finger hides one of so many parts of the picture.
    }
}
