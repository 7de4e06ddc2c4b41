package org.dfnet.app

import android.graphics.Color
import org.dfnet.app.model.Depth
import org.dfnet.app.model.DepthNetwork
import org.dfnet.app.model.ModelInfo
import org.dfnet.core.Arrangement
import org.dfnet.core.ColourMap
import org.dfnet.core.ComparedPoints
import org.dfnet.core.DisparityLimits
import org.dfnet.core.Window
import org.dfnet.core.chosenDistances
import org.dfnet.core.drawScaleBar
import org.dfnet.core.forEachTick

/** Draws depth in colours, with their scale and the touched points. */
class DepthPainter(private val view: PictureView, private val words: Words) : ResultPainter<Depth> {
    /** The texts it needs, in the user's language. */
    class Words(val near: String, val far: String, val distance: (Float) -> String, val ratio: (Float) -> String)

    private var sheet: Sheet? = null // Of the size of the last result.
    private var colours = ColourMap(ColourMap.NAMES.first())
    private var arrangement = Arrangement.BESIDE
    private var stills = false
    private var held: ClosedFloatingPointRange<Float>? = null // Distances; null: by the picture.

    /** Everything that has a size. */
    private class Sheet(view: PictureView, val width: Int, val height: Int) {
        val panels = Panels(view, width, height)
        val disparity = FloatArray(width * height)
        val compared = ComparedPoints(width, height)
        val bar = (height / 24).let { Window(width / 4, height - 2 * it, width / 2, it) }
        val frame = Window(bar.left - 1, bar.top - 1, bar.width + 2, bar.height + 2)
        var limits = DisparityLimits(width * height)
            private set

        /** By this picture alone: the limits that were held say nothing of it. */
        fun followAnew() {
            limits = DisparityLimits(width * height).also { it.follow(disparity) }
        }
    }

    @Synchronized
    override fun draw(result: Depth) {
        val picture = result.picture
        val sheet = sheet?.takeIf { it.panels.isOf(picture) }
            ?: Sheet(view, picture.width, picture.height).also { sheet = it }
        sheet.panels.keep(picture)
        System.arraycopy(result.disparity, 0, sheet.disparity, 0, sheet.disparity.size)
        if (stills) sheet.followAnew() else if (held == null) sheet.limits.follow(sheet.disparity)
        paint(sheet)
    }

    @Synchronized
    override fun expectStills(stills: Boolean) {
        this.stills = stills
    }

    @Synchronized
    override fun redraw(settings: Settings, model: ModelInfo?) {
        if (settings.colourMap != colours.name) colours = ColourMap(settings.colourMap)
        arrangement = settings.arrangement
        val wasHeld = held != null
        held = if (settings.automaticRange) null else model?.let { distances(settings, it) }
        val sheet = sheet ?: return
        if (wasHeld && held == null) sheet.followAnew()
        paint(sheet)
    }

    /** A touch on the screen; in its pixels. */
    @Synchronized
    fun touch(screenX: Int, screenY: Int) {
        val sheet = sheet ?: return
        sheet.compared.touch(sheet.panels.toPanel(screenX, screenY))
    }

    /** What the touched points say: how many there are, and how many times as far the second is. */
    @Synchronized
    fun <T> reading(tell: (points: Int, ratio: Float?) -> T): T =
        tell(sheet?.compared?.points?.size ?: 0, sheet?.let { it.compared.ratio(it.disparity) })

    @Synchronized
    override fun marks(): List<Mark> {
        val sheet = sheet ?: return emptyList()
        return scaleMarks(sheet) + probeMarks(sheet)
    }

    private fun paint(sheet: Sheet) {
        held?.let { sheet.limits.hold(it.start, it.endInclusive) }
        colours.draw(sheet.disparity, sheet.limits, sheet.panels.colours.pixels)
        sheet.panels.colours.fill(sheet.frame, Color.BLACK) // Else its ends are lost in their own colours.
        colours.drawScaleBar(sheet.limits, sheet.panels.colours, sheet.bar)
        sheet.panels.show(arrangement)
    }

    private fun scaleMarks(sheet: Sheet): List<Mark> {
        val bar = sheet.bar
        val marks = mutableListOf(
            sheet.panels.mark(bar.left - bar.height.toFloat(), bar.top.toFloat(), words.far),
            sheet.panels.mark(bar.left + bar.width + bar.height.toFloat(), bar.top.toFloat(), words.near),
        )
        forEachTick(sheet.limits) { distance, place ->
            val x = bar.left + place * bar.width
            marks += sheet.panels.mark(x, bar.top - bar.height.toFloat(), words.distance(distance))
        }
        return marks
    }

    private fun probeMarks(sheet: Sheet): List<Mark> {
        val ratio = sheet.compared.ratio(sheet.disparity)
        return sheet.compared.points.mapIndexed { index, point ->
            val text = if (index == 0) words.ratio(1f) else ratio?.takeIf { it.isFinite() }?.let(words.ratio).orEmpty()
            sheet.panels.mark(point.x, point.y, text, ringed = true)
        }
    }

    /** Null if the model names no range. */
    private fun distances(settings: Settings, model: ModelInfo): ClosedFloatingPointRange<Float>? =
        model.signature(DepthNetwork.SIGNATURE).output("disparity", channels = 1).range
            ?.let { chosenDistances(it, settings.near, settings.far) }
}
