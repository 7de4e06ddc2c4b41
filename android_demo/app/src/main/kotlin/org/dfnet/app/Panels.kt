package org.dfnet.app

import org.dfnet.core.ArgbImage
import org.dfnet.core.Arrangement
import org.dfnet.core.Point
import org.dfnet.core.RgbImage
import org.dfnet.core.ScreenPicture

/** The camera's picture and its colours, laid out for the shape of `view`. */
class Panels(private val view: PictureView, private val width: Int, private val height: Int) {
    /** To be drawn into before [show]. */
    val colours = ArgbImage(width, height)

    private val camera = RgbImage(width, height)
    private var arrangement = Arrangement.BESIDE
    private var wide = false
    private var screen = ScreenPicture(width, height, arrangement, wide)

    fun isOf(picture: RgbImage) = picture.width == width && picture.height == height

    /** Copies the camera's picture, whose size is that of the panels. */
    fun keep(picture: RgbImage) = System.arraycopy(picture.bytes, 0, camera.bytes, 0, camera.bytes.size)

    /** Shows the picture that was kept, and the colours. */
    fun show(arrangement: Arrangement) {
        val wide = view.width > view.height
        if (arrangement != this.arrangement || wide != this.wide) {
            this.arrangement = arrangement
            this.wide = wide
            screen = ScreenPicture(width, height, arrangement, wide)
        }
        screen.draw(camera, colours, OPACITY)
        view.show(screen.image.pixels, screen.image.width, screen.image.height)
    }

    /** A mark at a place of the colours. */
    fun mark(x: Float, y: Float, text: String, ringed: Boolean = false) =
        Mark(screen.colourPanel.left + x, screen.colourPanel.top + y, text, ringed)

    /** The place in its panel of a place on the screen. */
    fun toPanel(screenX: Int, screenY: Int): Point = screen.toPanel(screenX, screenY)

    private companion object {
        const val OPACITY = 0.65f // Over the camera's picture: the street stays visible, and so do the colours.
    }
}
