package org.dfnet.app

import kotlin.concurrent.thread
import kotlin.random.Random
import org.dfnet.app.SimulatedCamera.Companion.MILLI
import org.dfnet.app.SimulatedCamera.Companion.SECOND
import org.dfnet.app.model.Depth
import org.dfnet.app.model.DepthNetwork
import org.dfnet.app.model.ExportedModels
import org.dfnet.app.model.Flow
import org.dfnet.app.model.FlowNetwork
import org.dfnet.app.model.PictureFrame
import org.dfnet.app.model.Processor
import org.dfnet.core.FrameListener
import org.dfnet.core.FrameLoop
import org.dfnet.core.FrameNetwork
import org.dfnet.core.Pace
import org.dfnet.core.RgbImage
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** Ten seconds of the app: a clip as the camera, a simulated clock, the exported models where what they give counts. */
class SimulationTest : FrameListener<Any> {
    private val camera = SimulatedCamera(ClipPictures.all())
    private val loop = FrameLoop<PictureFrame, Any>(this) { camera.now }
    private val slot get() = loop.frames
    private val results = mutableListOf<Any>()
    private val names = mutableListOf<String>()
    private val problems = mutableListOf<String>()
    private var latency = 0.0
    private var rate = 0.0

    @Test
    fun `of 300 frames the latest is always taken and none is leaked`() {
        loop.use { timed(Viewer()) }
        simulate()
        assertTrue(slot.offered >= 300)
        assertEquals(slot.taken, camera.drawn.size.toLong())
        assertEquals(1, camera.mostOpen)
        assertEquals(70.0, latency, 1e-6)
        assertEquals(1000 / 70.0, rate, 1e-6) // A frame always waits: 33 ms are less than 70.
        // After 70 k ms the newest frame is that of the last multiple of 1 / 30 s.
        assertEquals(List(camera.drawn.size) { it * 70 * 30 / 1000 }, camera.drawn)
    }

    @Test
    fun `a fast network waits for the camera and sees every frame`() {
        loop.use { TimedNetwork(Viewer(), 10 * MILLI, camera, slot) }
        simulate()
        assertEquals((0 until 300).toList(), camera.drawn)
        assertEquals(30.0, rate, 1e-3)
    }

    @Test
    fun `models are switched in the middle of a stream`() {
        loop.use(::depth)
        camera.at(100) { loop.use(::flow) }
        camera.at(200) { loop.use(::depth) }
        simulate()
        val kinds = results.map { if (it is Flow) "flow" else "depth" }
        val depthName = ExportedModels.of("depth").name
        val flowName = ExportedModels.of("flow").name
        assertEquals(kinds.map { if (it == "flow") flowName else depthName }, names)
        val switches = kinds.indices.filter { it > 0 && kinds[it] != kinds[it - 1] }
        assertEquals(listOf("depth", "flow", "depth"), listOf(kinds[0]) + switches.map { kinds[it] })
        assertEquals(camera.drawn.size - 2, results.size) // The first frame of flow, and the last of all.
    }

    @Test
    fun `paused in the middle of a computation, flow begins anew`() {
        loop.use(::flow)
        camera.at(250) {
            loop.pause()
            camera.sleep(5 * SECOND)
            loop.resume()
        }
        simulate()
        assertEquals(camera.drawn.size - 3, results.size) // Both first frames, and the last of all.
        assertTrue("The pause does not count: $rate", rate > 10)
    }

    @Test
    fun `killed in the middle of a computation nothing is shown any more`() {
        loop.use(::depth)
        camera.at(150) { loop.stop() }
        simulate()
        assertTrue(camera.drawn.last() in 147..149)
        assertEquals(camera.drawn.size - 1, results.size)
    }

    @Test
    fun `memory is short and a model fails, and the rest goes on`() {
        loop.use(::depth)
        camera.at(50) { loop.release() }
        camera.at(100) { loop.use { timed(Viewer { error("It fails.") }) } }
        camera.at(200) { loop.use(::depth) }
        simulate()
        assertEquals(listOf("It fails."), problems)
        assertTrue(results.all { it is Depth })
        assertTrue(camera.drawn.last() > 290)
    }

    /** The runtime itself ends the virtual machine if a model is used after it was closed, or on two threads. */
    @Test
    fun `on a thread of its own it outlives whatever is done at whatever time`() {
        val random = Random(0)
        val frames = List(300) { camera.SimulatedFrame(it) }
        val worker = thread(start = false, block = loop::run)
        loop.use(::exportedDepth)
        worker.start()
        for (frame in frames) {
            slot.offer(frame)
            when (random.nextInt(30)) {
                0 -> loop.use(::exportedDepth)
                1 -> loop.use(::exportedFlow)
                2 -> loop.pause()
                3 -> loop.release()
                4 -> Thread.sleep(20)
                in 5..9 -> loop.resume()
            }
        }
        loop.stop()
        worker.join()
        assertEquals(emptyList<String>(), problems)
        assertTrue(frames.all { it.timesClosed == 1 })
    }

    private fun simulate() {
        camera.at(300) { loop.stop() }
        camera.offer(slot)
        loop.run()
        assertEquals(camera.frames.size.toLong(), slot.offered)
        assertEquals(slot.offered, slot.taken + slot.dropped)
        assertTrue(camera.frames.all { it.timesClosed == 1 })
    }

    private fun exportedDepth() = ExportedModels.of("depth")
        .let { DepthNetwork(ExportedModels.content(it), it, threads = 2, processor = Processor.CPU) }

    private fun exportedFlow() = ExportedModels.of("flow")
        .let { FlowNetwork(ExportedModels.content(it), it, threads = 2, processor = Processor.CPU) }

    private fun depth() = timed(exportedDepth())

    private fun flow() = timed(exportedFlow())

    private fun timed(network: FrameNetwork<PictureFrame, Any>) = TimedNetwork(network, 70 * MILLI, camera, slot)

    /** Looks at each frame, and computes nothing but `result`. */
    private class Viewer(private val result: () -> Any = { "seen" }) : FrameNetwork<PictureFrame, Any> {
        override val name = "viewer"
        private val picture = RgbImage(16, 9)

        override fun read(frame: PictureFrame) = frame.draw(picture)

        override fun run() = result()

        override fun forget() = Unit

        override fun close() = Unit
    }

    override fun onResult(result: Any, network: String, pace: Pace) {
        results += result
        names += network
        latency = pace.latencyMillis
        rate = pace.framesPerSecond
    }

    override fun onProblem(line: String) {
        problems += line
    }
}
