package org.dfnet.app.model

import org.dfnet.app.ClipPictures
import org.dfnet.app.StillFrame
import org.dfnet.app.framing
import org.dfnet.core.RgbImage
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Test

class NetworksTest {
    private val pictures = ClipPictures.all()

    @Test
    fun `each depth is that of the picture read last`() = depthNetwork().use { network ->
        val first = depth(network, 0)
        val second = depth(network, 1)
        assertNotEquals(first.toList(), second.toList())
        assertArrayEquals(first, depth(network, 0), 0f)
    }

    @Test
    fun `flow goes from each picture to the next, and only there`() {
        val (first, second) = flowNetwork().use { network ->
            network.read(frame(0))
            assertNull(network.run())
            List(2) { flow(network, it + 1) }
        }
        assertArrayEquals(first, flowBetween(0, 1), 0f)
        assertArrayEquals(second, flowBetween(1, 2), 0f)
        assertNotEquals(second.toList(), flowBetween(0, 2).toList())
    }

    @Test
    fun `after forget the next picture is a first one`() = flowNetwork().use { network ->
        network.read(frame(0))
        network.forget()
        network.read(frame(1))
        assertNull(network.run())
        assertArrayEquals(flowBetween(1, 2), flow(network, 2), 0f)
    }

    @Test
    fun `what moves to the right has a positive u`() = flowNetwork().use { network ->
        network.read(frame(0))
        network.run()
        network.read(StillFrame(shiftedRight(pictures[0], SHIFT)))
        val result = network.run()!!
        val across = result.flow.filterIndexed { i, _ -> i % 2 == 0 }.sorted()
        val framing = framing(pictures[0], result.picture)
        val expected = SHIFT * framing.target.width / framing.source.width.toFloat()
        assertEquals(expected, across[across.size / 2], expected / 4)
    }

    @Test
    fun `a model of the other kind is refused`() {
        val depth = ExportedModels.of("depth")
        expectLine("flow", "depth") { FlowNetwork(ExportedModels.content(depth), depth, threads = 1, processor = Processor.CPU) }
    }

    private fun frame(number: Int) = StillFrame(pictures[number])

    private fun depth(network: DepthNetwork, number: Int): FloatArray {
        network.read(frame(number))
        return network.run().disparity.clone()
    }

    private fun flow(network: FlowNetwork, number: Int): FloatArray {
        network.read(frame(number))
        return network.run()!!.flow.clone()
    }

    private fun flowBetween(first: Int, second: Int) = flowNetwork().use { network ->
        network.read(frame(first))
        flow(network, second)
    }

    private fun depthNetwork() = ExportedModels.of("depth")
        .let { DepthNetwork(ExportedModels.content(it), it, threads = 2, processor = Processor.CPU) }

    private fun flowNetwork() = ExportedModels.of("flow")
        .let { FlowNetwork(ExportedModels.content(it), it, threads = 2, processor = Processor.CPU) }

    /** The picture moved; the columns it leaves keep its first one. */
    private fun shiftedRight(picture: RgbImage, shift: Int): RgbImage {
        val shifted = RgbImage(picture.width, picture.height)
        for (y in 0 until picture.height) for (x in 0 until picture.width) {
            val from = 3 * (y * picture.width + maxOf(x - shift, 0))
            picture.bytes.copyInto(shifted.bytes, 3 * (y * picture.width + x), from, from + 3)
        }
        return shifted
    }

    private companion object {
        const val SHIFT = 8 // Pixels of the camera.
    }
}
