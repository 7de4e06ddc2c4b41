package org.dfnet.core

/** How a picture comes into a frame of another aspect: parts of it are cut off, or bars are left black. */
enum class Fit { CROP, LETTERBOX }

/** A part of a picture, in whole pixels. */
data class Window(val left: Int, val top: Int, val width: Int, val height: Int) {
    internal companion object {
        /** The largest window with the aspect [across] : [down] in the middle of [width] x [height]. */
        fun centred(width: Int, height: Int, across: Int, down: Int): Window {
            val inside = if (width.toLong() * down > height.toLong() * across) {
                Pair(rounded(height, across, down), height)
            } else {
                Pair(width, rounded(width, down, across))
            }
            return Window((width - inside.first) / 2, (height - inside.second) / 2, inside.first, inside.second)
        }

        private fun rounded(side: Int, times: Int, over: Int) =
            ((2L * side * times + over) / (2L * over)).toInt().coerceAtLeast(1)
    }
}

/**
 * Brings pictures of one size to another, their aspect kept: [source], the part that is shown, fills [target].
 *
 * All buffers are its own: nothing is allocated while it draws.
 */
class Framing(
    private val sourceWidth: Int, private val sourceHeight: Int,
    private val targetWidth: Int, private val targetHeight: Int, fit: Fit,
) {
    val source: Window
    val target: Window
    private val scaler: AreaScaler

    init {
        require(minOf(sourceWidth, sourceHeight, targetWidth, targetHeight) > 0) {
            "Expected sizes of at least 1x1. " +
                "Received: ${sourceWidth}x$sourceHeight to ${targetWidth}x$targetHeight."
        }
        val crop = fit == Fit.CROP
        source = if (crop) Window.centred(sourceWidth, sourceHeight, targetWidth, targetHeight)
        else Window(0, 0, sourceWidth, sourceHeight)
        target = if (crop) Window(0, 0, targetWidth, targetHeight)
        else Window.centred(targetWidth, targetHeight, sourceWidth, sourceHeight)
        scaler = AreaScaler(source.width, source.height, target.width, target.height)
    }

    /** Draws a picture of the source's size into one of the target's. */
    fun draw(picture: RgbImage, into: RgbImage) {
        picture.expectSize(sourceWidth, sourceHeight)
        draw(picture, source.left, source.top, into)
    }

    /** Draws a picture that holds nothing but the part [source]. */
    fun drawPart(picture: RgbImage, into: RgbImage) {
        picture.expectSize(source.width, source.height)
        draw(picture, 0, 0, into)
    }

    private fun draw(picture: RgbImage, left: Int, top: Int, into: RgbImage) {
        into.expectSize(targetWidth, targetHeight)
        if (target.width != targetWidth || target.height != targetHeight) into.bytes.fill(0)
        scaler.draw(picture, left, top, into, target.left, target.top)
    }
}
