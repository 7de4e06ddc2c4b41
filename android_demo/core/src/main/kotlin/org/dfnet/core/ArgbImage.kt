package org.dfnet.core

/** A picture as Android draws it: one packed ARGB int a pixel, row by row. */
class ArgbImage(val width: Int, val height: Int) {
    val pixels: IntArray

    init {
        require(width > 0 && height > 0) { "Expected a picture of at least 1x1. Received: ${width}x$height." }
        pixels = IntArray(width * height)
    }

    /** Paints a part of it. */
    fun fill(window: Window, colour: Int) {
        for (y in window.top until window.top + window.height) {
            pixels.fill(colour, y * width + window.left, y * width + window.left + window.width)
        }
    }
}

/** What has no value: a pixel without valid disparity or flow. As in the Python pictures. */
internal val UNKNOWN = argb(128, 128, 128)

/** An opaque colour of three values in 0..255. */
internal fun argb(red: Int, green: Int, blue: Int): Int = (0xFF shl 24) or (red shl 16) or (green shl 8) or blue
