package org.dfnet.core

import org.junit.Assert.assertTrue
import org.junit.Test

class CameraFramingTest {
    @Test
    fun `turning last is turning first`() {
        val planes = cameraFrame(96, 64)
        val frame = RgbImage(96, 64).also { planes.toRgb(it) }
        for (degrees in listOf(0, 90, 180, 270)) {
            for (fit in Fit.values()) {
                val upright = if (degrees % 180 == 0) RgbImage(96, 64) else RgbImage(64, 96)
                frame.rotate(degrees, upright)
                val expected = RgbImage(24, 12)
                Framing(upright.width, upright.height, 24, 12, fit).draw(upright, expected)
                val drawn = RgbImage(24, 12)
                CameraFraming(96, 64, degrees, 24, 12, fit).draw(planes, drawn)
                for (at in drawn.bytes.indices step 3) {
                    assertTrue("$degrees $fit", colourDifference(drawn.argb(at), expected.argb(at)) <= 1)
                }
            }
        }
    }
}
