package org.dfnet.app.model

import kotlin.math.abs
import kotlin.math.ln
import org.dfnet.app.ClipPictures
import org.dfnet.app.StillFrame
import org.dfnet.core.FrameNetwork
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class SteadyDepthNetworkTest {
    private val pictures = ClipPictures.all()
    private val flowInfo = ExportedModels.of("flow")
    private val depthInfo = ExportedModels.of("depth")

    @Test
    fun `the same points change less from frame to frame, and depth stays what the network says`() {
        val plain = depth().use { film(it) }
        val steady = steady().use { film(it) }
        val flows = flow().use { network -> pictures.map { network.read(StillFrame(it)); network.run()?.flow?.clone() } }
        val flicker = flicker(plain, flows)
        val steadyFlicker = flicker(steady, flows)
        assertTrue("$steadyFlicker of $flicker", steadyFlicker < 0.8 * flicker)
        val apart = plain.indices.map { apart(plain[it], steady[it]) }.average()
        assertTrue("$apart", apart < 0.1)
    }

    @Test
    fun `after forget the network alone decides the depth of a picture`() = steady().use { network ->
        film(network)
        network.forget()
        network.read(StillFrame(pictures[0]))
        val first = network.run().disparity.clone()
        assertArrayEquals(depth().use { film(it)[0] }, first, 0f)
    }

    private fun film(network: FrameNetwork<PictureFrame, Depth>): List<FloatArray> = pictures.map {
        network.read(StillFrame(it))
        network.run()!!.disparity.clone()
    }

    /** The mean of |ln(now / before)| at the same points, found by flow to the nearest pixel. */
    private fun flicker(film: List<FloatArray>, flows: List<FloatArray?>): Double {
        val width = depthInfo.signature("depth").width
        val height = depthInfo.signature("depth").height
        val changes = mutableListOf<Double>()
        for (time in 1 until film.size) for (i in film[0].indices) {
            val x = Math.round(i % width + flows[time]!![2 * i])
            val y = Math.round(i / width + flows[time]!![2 * i + 1])
            if (x !in 0 until width || y !in 0 until height) continue
            changes += abs(ln(film[time][i].toDouble() / film[time - 1][y * width + x]))
        }
        return changes.average()
    }

    private fun apart(one: FloatArray, other: FloatArray): Double =
        one.indices.map { abs(ln(one[it].toDouble() / other[it])) }.average()

    private fun depth() =
        DepthNetwork(ExportedModels.content(depthInfo), depthInfo, threads = 2, processor = Processor.CPU)

    private fun flow() =
        FlowNetwork(ExportedModels.content(flowInfo), flowInfo, threads = 2, processor = Processor.CPU, backward = true)

    private fun steady() = SteadyDepthNetwork.open(::depth, ::flow)
}
