package org.dfnet.app

import org.dfnet.app.model.Flow
import org.dfnet.app.model.ModelInfo
import org.dfnet.core.Arrangement
import org.dfnet.core.FlowColours
import org.dfnet.core.FlowRange

/** Draws flow in colours of its direction, with a legend. `length` puts pixels into words. */
class FlowPainter(private val view: PictureView, private val length: (Float) -> String) : ResultPainter<Flow> {
    private val colours = FlowColours()
    private var sheet: Sheet? = null // Of the size of the last result.
    private var arrangement = Arrangement.BESIDE

    /** Everything that has a size. */
    private class Sheet(view: PictureView, width: Int, height: Int) {
        val panels = Panels(view, width, height)
        val flow = FloatArray(2 * width * height)
        val range = FlowRange(width * height)
        val radius = height / 9
        val legendX = width - radius - radius / 3
        val legendY = height - radius - radius / 3
    }

    @Synchronized
    override fun draw(result: Flow) {
        val picture = result.picture
        val sheet = sheet?.takeIf { it.panels.isOf(picture) }
            ?: Sheet(view, picture.width, picture.height).also { sheet = it }
        sheet.panels.keep(picture)
        System.arraycopy(result.flow, 0, sheet.flow, 0, sheet.flow.size)
        sheet.range.follow(sheet.flow)
        paint(sheet)
    }

    @Synchronized
    override fun redraw(settings: Settings, model: ModelInfo?) {
        arrangement = settings.arrangement
        paint(sheet ?: return)
    }

    /** How long the longest arrow of the legend is. */
    @Synchronized
    override fun marks(): List<Mark> {
        val sheet = sheet ?: return emptyList()
        val above = sheet.legendY - sheet.radius - sheet.radius / 3
        return listOf(sheet.panels.mark(sheet.legendX.toFloat(), above.toFloat(), length(sheet.range.maxMagnitude)))
    }

    private fun paint(sheet: Sheet) {
        colours.draw(sheet.flow, sheet.range.maxMagnitude, sheet.panels.colours.pixels)
        colours.drawLegend(sheet.panels.colours, sheet.legendX, sheet.legendY, sheet.radius)
        sheet.panels.show(arrangement)
    }
}
