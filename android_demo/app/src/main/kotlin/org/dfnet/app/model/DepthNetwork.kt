package org.dfnet.app.model

import java.nio.ByteBuffer
import org.dfnet.core.FrameNetwork
import org.dfnet.core.InputTensor
import org.dfnet.core.RgbImage

/** What the depth network saw and gave; its arrays are used again by the next frame. */
class Depth(
    /** The picture as the network saw it. */
    val picture: RgbImage,
    /** 1 / depth, up to scale, row by row, of the picture's size. */
    val disparity: FloatArray,
)

/** Depth from one picture; arguments and errors are those of [LiteRtModel]. */
class DepthNetwork(content: ByteBuffer, info: ModelInfo, threads: Int, gpu: Boolean) :
    FrameNetwork<PictureFrame, Depth> {
    override val name = info.name
    private val function = info.signature(SIGNATURE)
    private val image = function.input("image", channels = 3)
    private val disparity = function.output("disparity", channels = 1)
    private val model = LiteRtModel(content, info, SIGNATURE, threads, gpu)
    private val input = model.inputs.getValue(image.name)
    private val depth = Depth(RgbImage(function.width, function.height), model.outputs.getValue(disparity.name))

    override fun read(frame: PictureFrame) {
        frame.draw(depth.picture)
        InputTensor.fill(depth.picture, image.type.dtype, input)
    }

    override fun run(): Depth {
        model.run()
        return depth
    }

    override fun forget() = Unit // Each picture stands for itself.

    override fun close() = model.close()

    companion object {
        const val SIGNATURE = "depth"
    }
}
