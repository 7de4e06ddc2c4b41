package org.dfnet.core

/** An 8-bit RGB picture: three bytes a pixel, row by row, without padding. */
class RgbImage(val width: Int, val height: Int) {
    val bytes: ByteArray

    init {
        require(width > 0 && height > 0) { "Expected a picture of at least 1x1. Received: ${width}x$height." }
        bytes = ByteArray(3 * width * height)
    }

    /** Takes over packed ARGB pixels (as of android.graphics.Bitmap) of this size; alpha is dropped. */
    fun setArgb(pixels: IntArray) {
        require(pixels.size == width * height) {
            "Expected ${width * height} pixels for ${width}x$height. Received: ${pixels.size}."
        }
        var at = 0
        for (pixel in pixels) {
            bytes[at++] = (pixel shr 16).toByte()
            bytes[at++] = (pixel shr 8).toByte()
            bytes[at++] = pixel.toByte()
        }
    }

    /** The pixel whose first byte is at [at], as opaque ARGB. */
    internal fun argb(at: Int): Int =
        argb(bytes[at].toInt() and 0xFF, bytes[at + 1].toInt() and 0xFF, bytes[at + 2].toInt() and 0xFF)

    /** Fails unless this picture has the size [width] x [height]. */
    internal fun expectSize(width: Int, height: Int) {
        require(this.width == width && this.height == height) {
            "Expected a picture of ${width}x$height. Received: ${this.width}x${this.height}."
        }
    }
}
