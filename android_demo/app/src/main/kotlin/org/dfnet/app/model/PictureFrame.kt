package org.dfnet.app.model

import org.dfnet.core.RgbImage

/** A frame of a camera, or a picture from elsewhere, that can be seen upright at any size. */
interface PictureFrame : AutoCloseable {
    /** Draws itself, upright and cut to the shape of `into`, filling all of it. */
    fun draw(into: RgbImage)
}
