package org.dfnet.app

import org.dfnet.app.model.PictureFrame
import org.dfnet.core.Fit
import org.dfnet.core.Framing
import org.dfnet.core.RgbImage

/** A picture of the gallery, as a frame that can be offered again and again. */
class Photo(private val image: RgbImage) : PictureFrame {
    /** How it is brought into the network's shape. */
    @Volatile var fit = Fit.CROP

    override fun draw(into: RgbImage) =
        Framing(image.width, image.height, into.width, into.height, fit).draw(image, into)

    /** Nothing was lent. */
    override fun close() = Unit
}
