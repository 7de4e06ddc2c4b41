package org.dfnet.core

/**
 * How a camera sits in a phone.
 *
 * @param sensorDegrees by which its picture must be turned clockwise to be upright while the phone is held in its
 *   natural way: Android's SENSOR_ORIENTATION.
 */
class CameraMount(private val sensorDegrees: Int, private val facesUser: Boolean) {
    /**
     * Degrees by which a frame is to be turned clockwise to be upright on the screen.
     *
     * `displayRotation` counts the quarters by which the screen's content is turned clockwise, to make up for a phone
     * that was turned the other way: Android's Surface.ROTATION_0 to ROTATION_270. The sensor turned with the phone:
     * its frames need that much less of a turn, or more if it looks the other way.
     */
    fun clockwiseToUpright(displayRotation: Int): Int {
        val turned = 90 * displayRotation
        return (if (facesUser) sensorDegrees + turned else sensorDegrees - turned + 360) % 360
    }
}
