package org.dfnet.app.model

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
class DepthNetwork(content: ModelContent, info: ModelInfo, threads: Int, processor: Processor) :
    ModelNetwork<Depth> {
    override val name = info.name
    private val function = info.signature(SIGNATURE)
    val width = function.width
    val height = function.height
    private val image = function.input("image", channels = 3)
    private val disparity = function.output("disparity", channels = 1)
    override val runner = LiteRtModel(content, info, SIGNATURE, threads, processor)
    private val input = runner.inputs.getValue(image.name)
    private val depth = Depth(RgbImage(width, height), runner.outputs.getValue(disparity.name))

    override fun read(frame: PictureFrame) {
        frame.draw(depth.picture)
        InputTensor.fill(depth.picture, image.type.dtype, input)
    }

    override fun run(): Depth {
        runner.run()
        return depth
    }

    override fun forget() = Unit // Each picture stands for itself.

    override fun close() = runner.close()

    companion object {
        const val SIGNATURE = "depth"
    }
}
