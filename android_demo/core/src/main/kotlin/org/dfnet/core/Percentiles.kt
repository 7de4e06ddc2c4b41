package org.dfnet.core

/** Percentiles of up to [capacity] numbers, in a buffer of its own. */
class Percentiles(capacity: Int) {
    private val values = FloatArray(capacity)
    var count = 0
        private set

    fun clear() {
        count = 0
    }

    fun add(value: Float) {
        values[count++] = value
    }

    /** The [percent]-th percentile, linear between neighbours as in numpy.percentile; NaN of nothing. */
    fun at(percent: Float): Float {
        if (count == 0) return Float.NaN
        val place = (count - 1) * (percent / 100.0)
        val below = place.toInt()
        val low = select(below)
        if (below == count - 1) return low
        var high = Float.POSITIVE_INFINITY
        for (i in below + 1 until count) high = Math.min(high, values[i])
        return (low + (place - below) * (high - low)).toFloat()
    }

    /** The [rank]-th smallest (from 0), then at its place, the greater ones behind: Hoare's FIND (CACM 4, 1961). */
    private fun select(rank: Int): Float {
        var left = 0
        var right = count - 1
        while (left < right) {
            val pivot = values[(left + right) ushr 1]
            var i = left
            var j = right
            while (i <= j) {
                while (values[i] < pivot) i++
                while (values[j] > pivot) j--
                if (i <= j) {
                    val value = values[i]
                    values[i++] = values[j]
                    values[j--] = value
                }
            }
            if (rank <= j) right = j else if (rank >= i) left = i else break
        }
        return values[rank]
    }
}
