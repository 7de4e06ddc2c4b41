package org.dfnet.app

import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.TextView
import java.nio.ByteBuffer
import java.text.NumberFormat
import org.dfnet.app.model.Depth
import org.dfnet.app.model.DepthNetwork
import org.dfnet.app.model.ModelInfo

/** The first screen: depth, live. */
class DepthActivity : LiveActivity<Depth>() {
    override val signature = DepthNetwork.SIGNATURE
    override val painter by lazy { DepthPainter(picture, words()) }

    override fun network(content: ByteBuffer, model: ModelInfo, threads: Int, gpu: Boolean) =
        DepthNetwork(content, model, threads, gpu)

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
