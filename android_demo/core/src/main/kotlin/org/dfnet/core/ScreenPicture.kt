package org.dfnet.core

/** Where the colours of depth or flow go: next to the camera's picture, over it, or without it. */
enum class Arrangement { BESIDE, OVER, ALONE }

/**
 * The picture on the screen: the camera's and its depth or flow in colours, each scaled to one panel.
 *
 * The pictures of a frame may have any size; they are brought to the panel's by the nearest pixel.
 *
 * @param toTheRight next to each other means to the right, as suits a wide screen; else below.
 */
class ScreenPicture(
    private val panelWidth: Int,
    private val panelHeight: Int,
    private val arrangement: Arrangement,
    toTheRight: Boolean = panelWidth < panelHeight,
) {
    private val across = if (arrangement == Arrangement.BESIDE && toTheRight) 2 else 1
    private val down = if (arrangement == Arrangement.BESIDE && !toTheRight) 2 else 1
    val image = ArgbImage(across * panelWidth, down * panelHeight)

    /** The part in which the colours are. */
    val colourPanel = Window((across - 1) * panelWidth, (down - 1) * panelHeight, panelWidth, panelHeight)

    /** Draws one frame; [opacity], from 0 to 1, is that of the colours where they lie over the camera's picture. */
    fun draw(camera: RgbImage, colours: ArgbImage, opacity: Float = 1f) {
        require(opacity in 0f..1f) { "Expected an opacity within 0..1. Received: $opacity." }
        if (arrangement != Arrangement.ALONE) drawCamera(camera)
        drawColours(colours, if (arrangement == Arrangement.OVER) Math.round(opacity * 256) else 256)
    }

    /** The place in its panel of a pixel of [image], the same in both panels. */
    fun toPanel(x: Int, y: Int) = Point((x % panelWidth).toFloat(), (y % panelHeight).toFloat())

    private fun drawCamera(camera: RgbImage) {
        for (y in 0 until panelHeight) {
            val from = nearest(y, camera.height, panelHeight) * camera.width
            for (x in 0 until panelWidth) {
                image.pixels[y * image.width + x] = camera.argb(3 * (from + nearest(x, camera.width, panelWidth)))
            }
        }
    }

    /** Covers [share] of 256 of what is there. */
    private fun drawColours(colours: ArgbImage, share: Int) {
        for (y in 0 until panelHeight) {
            val from = nearest(y, colours.height, panelHeight) * colours.width
            val to = (colourPanel.top + y) * image.width + colourPanel.left
            for (x in 0 until panelWidth) {
                val colour = colours.pixels[from + nearest(x, colours.width, panelWidth)]
                image.pixels[to + x] = if (share == 256) colour else mixed(image.pixels[to + x], colour, share)
            }
        }
    }

    /** The pixel of [length] in whose middle, or nearest to it, pixel [at] of [newLength] lies. */
    private fun nearest(at: Int, length: Int, newLength: Int) = (2 * at + 1) * length / (2 * newLength)

    /** Two opaque colours; red and blue are mixed together, as they leave each other room. */
    private fun mixed(below: Int, above: Int, share: Int): Int {
        val rest = 256 - share
        val redBlue = ((below and RED_BLUE) * rest + (above and RED_BLUE) * share + HALVES) ushr 8
        val green = ((below and GREEN) * rest + (above and GREEN) * share + HALF) ushr 8
        return OPAQUE or (redBlue and RED_BLUE) or (green and GREEN)
    }

    private companion object {
        const val RED_BLUE = 0xFF00FF
        const val GREEN = 0xFF00
        const val HALVES = 0x800080
        const val HALF = 0x8000
        const val OPAQUE = 0xFF shl 24
    }
}
