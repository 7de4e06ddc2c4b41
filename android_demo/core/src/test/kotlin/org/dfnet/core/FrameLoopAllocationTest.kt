package org.dfnet.core

import com.sun.management.ThreadMXBean
import java.lang.management.ManagementFactory
import org.junit.Assert.assertEquals
import org.junit.Test

/** What the loop does with each frame leaves no garbage, as what [AllocationTest] looks at. */
class FrameLoopAllocationTest : FrameListener<Int> {
    private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean
    private val thread = Thread.currentThread().id
    private val loop = FrameLoop<FakeFrame, Int>(this)
    private val frames = List(400, ::FakeFrame)
    private val allocated = LongArray(frames.size) // By this thread, when the frame is computed.

    @Test
    fun `the loop allocates nothing per frame`() {
        loop.use(::OfferingNetwork)
        loop.frames.offer(frames[0])
        loop.run()
        val perFrame = allocated.asList().zipWithNext { before, after -> after - before }
        assertEquals(0L, perFrame.takeLast(300).sorted()[150]) // The virtual machine itself allocates now and then.
    }

    /** While it computes, the next frame comes. */
    private inner class OfferingNetwork : FrameNetwork<FakeFrame, Int> {
        override val name = "offering"
        private var number = 0

        override fun read(frame: FakeFrame) {
            number = frame.number
        }

        override fun run(): Int {
            allocated[number] = threads.getThreadAllocatedBytes(thread)
            if (number + 1 < frames.size) loop.frames.offer(frames[number + 1]) else loop.stop()
            return 0
        }

        override fun forget() = Unit

        override fun close() = Unit
    }

    override fun onResult(result: Int, network: String, pace: Pace) {
        check(pace.latencyMillis >= 0 && pace.framesPerSecond >= 0)
    }

    override fun onProblem(line: String) = throw AssertionError(line)
}
