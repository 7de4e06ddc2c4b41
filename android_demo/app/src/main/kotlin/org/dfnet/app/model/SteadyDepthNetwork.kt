package org.dfnet.app.model

import org.dfnet.core.SteadyDisparity

/** Depth without flicker, averaged along the flow that a second network computes: see [SteadyDisparity]. */
class SteadyDepthNetwork private constructor(private val depth: DepthNetwork, private val flow: FlowNetwork) :
    ModelNetwork<Depth> {
    override val name = "${depth.name} + ${flow.name}"
    override val runner = depth.runner
    private val steady = SteadyDisparity(depth.width, depth.height)

    override fun read(frame: PictureFrame) {
        depth.read(frame)
        flow.read(frame)
    }

    override fun run(): Depth {
        val result = depth.run()
        steady.follow(result.disparity, flow.run()?.flow)
        return result
    }

    override fun forget() {
        flow.forget()
        steady.forget()
    }

    override fun close() {
        flow.close()
        depth.close()
    }

    companion object {
        /** Of models of one size, both on the same processor; errors are those of [LiteRtModel]. */
        fun open(depth: () -> DepthNetwork, backwardFlow: () -> FlowNetwork): SteadyDepthNetwork {
            val opened = depth()
            return try {
                SteadyDepthNetwork(opened, backwardFlow())
            } catch (error: ModelException) {
                opened.close()
                throw error
            }
        }
    }
}
