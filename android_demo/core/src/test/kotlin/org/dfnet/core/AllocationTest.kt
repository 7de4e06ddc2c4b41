package org.dfnet.core

import com.sun.management.ThreadMXBean
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer
import org.junit.Assert.assertEquals
import org.junit.Test

/** What is done with each frame leaves no garbage: on a phone its collection would cost frames. */
class AllocationTest {
    private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean

    @Test
    fun `a frame of depth allocates nothing`() {
        val planes = cameraFrame(66, 50)
        val framing = CameraFraming(66, 50, 90, 24, 16, Fit.CROP)
        val picture = RgbImage(24, 16)
        val tensor = ByteBuffer.allocateDirect(4 * picture.bytes.size)
        val disparity = FloatArray(24 * 16) { 1f + it % 7 }
        val limits = DisparityLimits(disparity.size)
        val colours = ArgbImage(24, 16)
        val screen = ScreenPicture(48, 32, Arrangement.OVER)
        val map = ColourMap("magma")
        val window = Window(2, 2, 40, 3)
        val probe = DistanceProbe(24, 16)
        assertAllocatesNothing {
            framing.draw(planes, picture)
            InputTensor.fill(picture, "float32", tensor)
            limits.follow(disparity)
            map.draw(disparity, limits, colours.pixels)
            screen.draw(picture, colours, 0.5f)
            map.drawScaleBar(limits, screen.image, window)
            probe.ratio(disparity, 3, 3, 20, 10)
        }
    }

    @Test
    fun `a frame of flow allocates nothing`() {
        val flow = FloatArray(2 * 24 * 16) { it % 11 - 5f }
        val range = FlowRange(24 * 16)
        val colours = FlowColours()
        val image = ArgbImage(24, 16)
        val steady = SteadyDisparity(24, 16)
        val disparity = FloatArray(24 * 16) { 1f + it % 7 }
        assertAllocatesNothing {
            steady.follow(disparity, flow)
            range.follow(flow)
            colours.draw(flow, range.maxMagnitude, image.pixels)
            colours.drawLegend(image, 8, 8, 7)
        }
    }

    private fun assertAllocatesNothing(frame: () -> Unit) {
        repeat(3) { frame() }
        val thread = Thread.currentThread().id
        val nothing = allocatedBy(thread) {}
        assertEquals(nothing, allocatedBy(thread, frame))
    }

    /** Bytes of ten calls; the least of some tries, as the virtual machine itself allocates now and then. */
    private fun allocatedBy(thread: Long, action: () -> Unit): Long = (1..5).minOf {
        val before = threads.getThreadAllocatedBytes(thread)
        repeat(10) { action() }
        threads.getThreadAllocatedBytes(thread) - before
    }
}
