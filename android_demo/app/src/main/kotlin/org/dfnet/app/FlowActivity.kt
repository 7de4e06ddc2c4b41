package org.dfnet.app

import android.os.Bundle
import android.view.View
import org.dfnet.app.model.Flow
import org.dfnet.app.model.FlowNetwork
import org.dfnet.app.model.ModelInfo
import org.dfnet.app.model.Processor

/** The second screen: the motion between the frames that follow each other, live. */
class FlowActivity : LiveActivity<Flow>() {
    override val signature = FlowNetwork.SIGNATURE
    override val painter by lazy { FlowPainter(picture) { getString(R.string.flow_length, it) } }

    override fun network(model: ModelInfo, settings: Settings, processor: Processor) =
        FlowNetwork(packed.content(model), model, settings.threads, processor)

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        picture.contentDescription = getString(R.string.flow_picture)
        panel.hideDepth()
        view<View>(R.id.pick).visibility = View.GONE // One picture does not move.
        nameOther(R.string.show_depth, R.string.show_depth_description)
        onClick(R.id.other) { finish() }
    }
}
