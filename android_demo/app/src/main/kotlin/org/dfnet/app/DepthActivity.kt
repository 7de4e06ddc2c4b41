package org.dfnet.app

import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.TextView
import java.text.NumberFormat
import org.dfnet.app.model.Depth
import org.dfnet.app.model.DepthNetwork
import org.dfnet.app.model.FlowNetwork
import org.dfnet.app.model.ModelException
import org.dfnet.app.model.ModelInfo
import org.dfnet.app.model.ModelNetwork
import org.dfnet.app.model.Processor
import org.dfnet.app.model.SteadyDepthNetwork

/** The first screen: depth, live. */
class DepthActivity : LiveActivity<Depth>() {
    override val signature = DepthNetwork.SIGNATURE
    override val painter by lazy { DepthPainter(picture, words()) }

    override fun network(model: ModelInfo, settings: Settings, processor: Processor): ModelNetwork<Depth> {
        val depth = { DepthNetwork(packed.content(model), model, settings.threads, processor) }
        if (!settings.steady) return depth()
        val flow = flowModel(model)
        return SteadyDepthNetwork.open(depth) {
            FlowNetwork(packed.content(flow), flow, settings.threads, processor, backward = true)
        }
    }

    /** The smallest flow model of a depth model's size. */
    private fun flowModel(depth: ModelInfo): ModelInfo {
        val size = depth.signature(signature).run { width to height }
        return Models(assets).with(FlowNetwork.SIGNATURE) { _, _ -> } // The flow screen reports broken models.
            .filter { model -> model.signature(FlowNetwork.SIGNATURE).run { width to height } == size }
            .minByOrNull { it.bytes }
            ?: throw ModelException("${depth.name}: expected a flow model of its size, for steady depth. Received: none.")
    }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        picture.contentDescription = getString(R.string.depth_picture)
        picture.onPoint = ::probe
        nameOther(R.string.show_flow, R.string.show_flow_description)
        onClick(R.id.other) { startActivity(Intent(this, FlowActivity::class.java)) }
    }

    private fun probe(x: Int, y: Int) {
        painter.touch(x, y)
        showMarks()
        tellProbe()
    }

    override fun redraw() {
        super.redraw()
        tellProbe() // Another model knows nothing of the points.
    }

    private fun tellProbe() = view<TextView>(R.id.probe).run {
        text = painter.reading(::sentence)
        visibility = if (text.isEmpty()) View.GONE else View.VISIBLE
    }

    private fun sentence(points: Int, ratio: Float?): String = when {
        points == 0 -> ""
        ratio == null -> getString(R.string.probe_reference)
        ratio.isNaN() -> getString(R.string.probe_nothing)
        else -> getString(R.string.probe_relative, ratio)
    }

    private fun words() = DepthPainter.Words(
        near = getString(R.string.near_label),
        far = getString(R.string.far_label),
        distance = { NumberFormat.getNumberInstance().format(it) },
        ratio = { getString(R.string.ratio, it) },
    )
}
