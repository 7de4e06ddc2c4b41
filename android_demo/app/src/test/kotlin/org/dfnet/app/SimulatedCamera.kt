package org.dfnet.app

import org.dfnet.app.model.PictureFrame
import org.dfnet.core.FrameNetwork
import org.dfnet.core.LatestFrame
import org.dfnet.core.RgbImage

/**
 * A camera with a clock of its own: shows a clip to and fro, at a constant rate.
 *
 * The clock goes on while a [TimedNetwork] computes: one thread plays both camera and loop, and
 * whatever happens, happens the same way each time.
 */
internal class SimulatedCamera(private val clip: List<RgbImage>, framesPerSecond: Int = 30) {
    /** Nanoseconds. */
    var now = 0L
        private set
    val frames = mutableListOf<SimulatedFrame>()
    val drawn = mutableListOf<Int>()
    var mostOpen = 0
        private set

    private val interval = SECOND / framesPerSecond
    private var due = 0L // When the next frame comes.
    private val plans = mutableMapOf<Int, () -> Unit>()

    /** Does this when the frame of that number is due, before it is offered. */
    fun at(frame: Int, plan: () -> Unit) {
        plans[frame] = plan
    }

    /** Time passes in which the camera makes no frames. */
    fun sleep(nanos: Long) {
        now += nanos
        due = now
    }

    /** Time passes; then one more frame is awaited if none has come. */
    fun pass(nanos: Long, slot: LatestFrame<PictureFrame>) {
        val end = now + nanos
        while (due <= end || frames.last().number in drawn) offer(slot)
        now = maxOf(now, end)
    }

    fun offer(slot: LatestFrame<PictureFrame>) {
        now = maxOf(now, due)
        plans.remove(frames.size)?.invoke()
        due = now + interval
        val frame = SimulatedFrame(frames.size)
        frames += frame
        mostOpen = maxOf(mostOpen, frames.count { it.timesClosed == 0 } - 1) // One of the two goes at once.
        slot.offer(frame)
    }

    inner class SimulatedFrame(val number: Int) : PictureFrame {
        @Volatile var timesClosed = 0
            private set

        override fun draw(into: RgbImage) {
            check(timesClosed == 0) { "Drawn after it was closed: frame $number." }
            drawn += number
            val there = number % (2 * clip.size)
            cropped(clip[minOf(there, 2 * clip.size - 1 - there)], into)
        }

        override fun close() {
            timesClosed++
        }
    }

    companion object {
        const val MILLI = 1_000_000L
        const val SECOND = 1000 * MILLI
    }
}

/** A network that computes for a given time on the camera's clock. */
internal class TimedNetwork(
    private val network: FrameNetwork<PictureFrame, Any>,
    private val nanos: Long,
    private val camera: SimulatedCamera,
    private val slot: LatestFrame<PictureFrame>,
) : FrameNetwork<PictureFrame, Any> by network {
    override fun run(): Any? = try {
        network.run()
    } finally {
        camera.pass(nanos, slot)
    }
}
