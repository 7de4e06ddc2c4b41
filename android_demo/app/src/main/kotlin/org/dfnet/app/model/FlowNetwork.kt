package org.dfnet.app.model

import java.nio.ByteBuffer
import org.dfnet.core.FrameNetwork
import org.dfnet.core.InputTensor
import org.dfnet.core.RgbImage

/** What the flow network saw and gave; its arrays are used again by the next frame. */
class Flow(
    /** The second picture as the network saw it. */
    val picture: RgbImage,
    /** (u, v) from the picture before to this one, in its pixels: u0, v0, u1, v1 ... row by row. */
    val flow: FloatArray,
)

/** Flow to each picture from the one before; arguments and errors are those of [LiteRtModel]. */
class FlowNetwork(content: ByteBuffer, info: ModelInfo, threads: Int, gpu: Boolean) :
    FrameNetwork<PictureFrame, Flow> {
    override val name = info.name
    private val function = info.signature(SIGNATURE)
    private val firstImage = function.input("first", channels = 3)
    private val secondImage = function.input("second", channels = 3)
    private val output = function.output("flow", channels = 2)
    private val model = LiteRtModel(content, info, SIGNATURE, threads, gpu)
    private val first = model.inputs.getValue(firstImage.name)
    private val second = model.inputs.getValue(secondImage.name)
    private val flow = Flow(RgbImage(function.width, function.height), model.outputs.getValue(output.name))
    private var pictures = 0 // In a row, up to two.

    override fun read(frame: PictureFrame) {
        first.clear()
        first.put(second) // Whole: filling leaves it rewound.
        frame.draw(flow.picture)
        InputTensor.fill(flow.picture, secondImage.type.dtype, second)
        pictures = minOf(pictures + 1, 2)
    }

    /** Null for the first of a row of pictures. */
    override fun run(): Flow? {
        if (pictures < 2) return null
        model.run()
        return flow
    }

    override fun forget() {
        pictures = 0
    }

    override fun close() = model.close()

    companion object {
        const val SIGNATURE = "flow"
    }
}
