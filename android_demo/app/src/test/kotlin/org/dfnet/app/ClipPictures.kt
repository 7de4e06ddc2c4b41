package org.dfnet.app

import java.io.File
import org.dfnet.app.model.ExportedModels
import org.dfnet.app.model.PictureFrame
import org.dfnet.core.Fit
import org.dfnet.core.Framing
import org.dfnet.core.RgbImage

/** The frames of the clip that verify/model was given, or of a rendered one. */
internal object ClipPictures {
    fun all(): List<RgbImage> = ExportedModels.folder("frames").listFiles()!!.sorted().map(::read)

    /** A binary PPM as verify/model_cases.py writes it: one line "P6 width height 255", then RGB. */
    private fun read(file: File): RgbImage {
        val content = file.readBytes()
        val end = content.indexOf('\n'.code.toByte())
        val (_, width, height) = String(content, 0, end).split(' ')
        return RgbImage(width.toInt(), height.toInt()).also { content.copyInto(it.bytes, 0, end + 1) }
    }
}

/** A picture as a frame; closed as often as one likes. */
internal class StillFrame(private val picture: RgbImage) : PictureFrame {
    override fun draw(into: RgbImage) = cropped(picture, into)

    override fun close() = Unit
}

internal fun cropped(picture: RgbImage, into: RgbImage) = framing(picture, into).draw(picture, into)

internal fun framing(picture: RgbImage, into: RgbImage) =
    Framing(picture.width, picture.height, into.width, into.height, Fit.CROP)
