package org.dfnet.core

/**
 * Brings a camera's frames upright and to a model's size.
 *
 * Cameras deliver frames as the sensor lies, on phones mostly on its side. Only the part that is shown is converted,
 * and it is turned last, when it is small: turning and area-resizing may change places.
 */
class CameraFraming(
    sensorWidth: Int, sensorHeight: Int, private val clockwiseDegrees: Int, width: Int, height: Int, fit: Fit,
) {
    private val onSide = clockwiseDegrees % 180 != 0
    private val framing =
        if (onSide) Framing(sensorWidth, sensorHeight, height, width, fit)
        else Framing(sensorWidth, sensorHeight, width, height, fit)
    private val part = RgbImage(framing.source.width, framing.source.height)
    private val lying = if (onSide) RgbImage(height, width) else RgbImage(width, height)

    /** Draws a frame, of the size given at construction, into an upright picture [into] of the model's size. */
    fun draw(planes: YuvPlanes, into: RgbImage) {
        planes.toRgb(part, framing.source.left, framing.source.top)
        framing.drawPart(part, lying)
        lying.rotate(clockwiseDegrees, into)
    }
}
