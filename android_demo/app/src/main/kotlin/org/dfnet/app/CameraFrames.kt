package org.dfnet.app

import android.media.Image
import org.dfnet.app.model.PictureFrame
import org.dfnet.core.CameraFraming
import org.dfnet.core.Fit
import org.dfnet.core.RgbImage
import org.dfnet.core.YuvPlanes

/** One frame of the camera; [close] gives its buffer back to the camera. */
class CameraFrame internal constructor(private val darkroom: Darkroom) : PictureFrame {
    @Volatile internal var image: Image? = null
    internal var clockwise = 0
    internal var fit = Fit.CROP

    override fun draw(into: RgbImage) = darkroom.draw(checkNotNull(image), clockwise, fit, into)

    override fun close() {
        image?.close()
        image = null
    }
}

/** The frames of one camera. They are used in turn, so that none is made while it runs. */
class CameraFrames(count: Int) {
    private val darkroom = Darkroom()
    private val frames = Array(count) { CameraFrame(darkroom) }

    /** Takes `image` over; null, and closed, if `count` frames are in use. */
    fun frame(image: Image, clockwise: Int, fit: Fit): CameraFrame? {
        for (frame in frames) {
            if (frame.image != null) continue
            frame.clockwise = clockwise
            frame.fit = fit
            frame.image = image
            return frame
        }
        image.close()
        return null
    }
}

/** Makes upright RGB of the camera's YUV, in buffers that are made anew only if a size or an angle changes. */
internal class Darkroom {
    private val planes = YuvPlanes()
    private var framing: CameraFraming? = null
    private var width = 0
    private var height = 0
    private var clockwise = 0
    private var fit = Fit.CROP

    fun draw(image: Image, clockwise: Int, fit: Fit, into: RgbImage) {
        val (y, u, v) = image.planes
        planes.set(
            image.width, image.height, y.buffer, u.buffer, v.buffer,
            y.rowStride, u.rowStride, u.pixelStride,
        )
        framing(image, clockwise, fit, into).draw(planes, into)
    }

    private fun framing(image: Image, clockwise: Int, fit: Fit, into: RgbImage): CameraFraming {
        val same = framing.takeIf {
            width == into.width && height == into.height && this.clockwise == clockwise && this.fit == fit
        }
        if (same != null) return same
        width = into.width
        height = into.height
        this.clockwise = clockwise
        this.fit = fit
        return CameraFraming(image.width, image.height, clockwise, width, height, fit).also { framing = it }
    }
}
