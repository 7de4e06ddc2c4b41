package org.dfnet.app.model

import org.dfnet.core.InputTensor
import org.dfnet.core.RgbImage

/** What the flow network saw and gave; its arrays are used again by the next frame. */
class Flow(
    /** The second picture as the network saw it. */
    val picture: RgbImage,
    /** (u, v) from the picture before to this one, or the other way, in its pixels: u0, v0, u1, v1 ... row by row. */
    val flow: FloatArray,
)

/**
 * Flow to each picture from the one before; arguments and errors are those of [LiteRtModel].
 *
 * @param backward from each picture to the one before.
 */
class FlowNetwork(
    content: ModelContent,
    info: ModelInfo,
    threads: Int,
    processor: Processor,
    backward: Boolean = false,
) : ModelNetwork<Flow> {
    override val name = info.name
    private val function = info.signature(SIGNATURE)
    private val firstImage = function.input("first", channels = 3)
    private val secondImage = function.input("second", channels = 3)
    private val output = function.output("flow", channels = 2)
    override val runner = LiteRtModel(content, info, SIGNATURE, threads, processor)
    private val older = runner.inputs.getValue((if (backward) secondImage else firstImage).name)
    private val newer = runner.inputs.getValue((if (backward) firstImage else secondImage).name)
    private val flow = Flow(RgbImage(function.width, function.height), runner.outputs.getValue(output.name))
    private var pictures = 0 // In a row, up to two.

    override fun read(frame: PictureFrame) {
        older.clear()
        older.put(newer) // Whole: filling leaves it rewound.
        frame.draw(flow.picture)
        InputTensor.fill(flow.picture, secondImage.type.dtype, newer)
        pictures = minOf(pictures + 1, 2)
    }

    /** Null for the first of a row of pictures. */
    override fun run(): Flow? {
        if (pictures < 2) return null
        runner.run()
        return flow
    }

    override fun forget() {
        pictures = 0
    }

    override fun close() = runner.close()

    companion object {
        const val SIGNATURE = "flow"
    }
}
