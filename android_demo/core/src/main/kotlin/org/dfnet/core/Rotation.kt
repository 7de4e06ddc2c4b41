package org.dfnet.core

/**
 * Turns a picture clockwise by 0, 90, 180 or 270 degrees, e.g. by a camera's sensor orientation.
 *
 * [into] has the size after the turn, and other bytes than this picture.
 */
fun RgbImage.rotate(clockwiseDegrees: Int, into: RgbImage) {
    val quarter = clockwiseDegrees == 90 || clockwiseDegrees == 270
    into.expectSize(if (quarter) height else width, if (quarter) width else height)
    // Where in this picture the first pixel of `into` lies, and the steps for its next column and row.
    when (clockwiseDegrees) {
        0 -> System.arraycopy(bytes, 0, into.bytes, 0, bytes.size)
        90 -> copyTurned(into, (height - 1) * width, -width, 1)
        180 -> copyTurned(into, height * width - 1, -1, -width)
        270 -> copyTurned(into, width - 1, width, -1)
        else -> throw IllegalArgumentException("Expected 0, 90, 180 or 270 degrees. Received: $clockwiseDegrees.")
    }
}

private fun RgbImage.copyTurned(into: RgbImage, first: Int, columnStep: Int, rowStep: Int) {
    var to = 0
    for (row in 0 until into.height) {
        var from = 3 * (first + row * rowStep)
        for (column in 0 until into.width) {
            into.bytes[to] = bytes[from]
            into.bytes[to + 1] = bytes[from + 1]
            into.bytes[to + 2] = bytes[from + 2]
            to += 3
            from += 3 * columnStep
        }
    }
}
