package org.dfnet.core

/**
 * Resizes pictures: each new pixel is the mean of the area it covers, as tf.image.resize(method="area") computes it.
 *
 * In whole numbers: the weights of a row, like those of a column, sum to 2^11, which with 8-bit colours just fits an
 * int.
 */
internal class AreaScaler(private val width: Int, height: Int, private val newWidth: Int, private val newHeight: Int) {
    private val across = Coverage(width, newWidth)
    private val down = Coverage(height, newHeight)
    private val row = IntArray(3 * width)  // The mean of some rows, not yet of columns.

    /** From the part of [source] at ([left], [top]) to that of [into] at ([intoLeft], [intoTop]). */
    fun draw(source: RgbImage, left: Int, top: Int, into: RgbImage, intoLeft: Int, intoTop: Int) {
        for (y in 0 until newHeight) {
            row.fill(0)
            for (tap in 0 until down.counts[y]) {
                val from = 3 * ((top + down.starts[y] + tap) * source.width + left)
                addRow(source.bytes, from, down.weights[y * down.taps + tap])
            }
            meanColumns(into.bytes, 3 * ((intoTop + y) * into.width + intoLeft))
        }
    }

    private fun addRow(bytes: ByteArray, from: Int, weight: Int) {
        for (i in row.indices) row[i] += weight * (bytes[from + i].toInt() and 0xFF)
    }

    private fun meanColumns(into: ByteArray, start: Int) {
        var to = start
        for (x in 0 until newWidth) {
            var red = HALF
            var green = HALF
            var blue = HALF
            var from = 3 * across.starts[x]
            for (tap in x * across.taps until x * across.taps + across.counts[x]) {
                val weight = across.weights[tap]
                red += weight * row[from]
                green += weight * row[from + 1]
                blue += weight * row[from + 2]
                from += 3
            }
            into[to] = (red shr 2 * BITS).toByte()
            into[to + 1] = (green shr 2 * BITS).toByte()
            into[to + 2] = (blue shr 2 * BITS).toByte()
            to += 3
        }
    }

    internal companion object {
        const val BITS = 11
        const val HALF = 1 shl (2 * BITS - 1)
    }
}

/** Which of [length] old pixels each of [newLength] new ones covers, and what share of it they are, in 1 / 2^11. */
private class Coverage(length: Int, newLength: Int) {
    val taps = (length + newLength - 1) / newLength + 1
    val starts = IntArray(newLength)
    val counts = IntArray(newLength)
    val weights = IntArray(newLength * taps)

    init {
        val unit = 1 shl AreaScaler.BITS
        for (x in 0 until newLength) {
            // In units of 1 / newLength old pixels, in which all edges are whole.
            val begin = x.toLong() * length
            val end = begin + length
            starts[x] = (begin / newLength).toInt()
            counts[x] = ((end + newLength - 1) / newLength).toInt() - starts[x]
            var covered = 0
            for (tap in 0 until counts[x]) {
                val edge = minOf(end, (starts[x] + tap + 1L) * newLength)
                val sum = Math.round((edge - begin).toDouble() / length * unit).toInt()
                weights[x * taps + tap] = sum - covered
                covered = sum
            }
        }
    }
}
