package org.dfnet.app

import android.content.res.Resources
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.util.TypedValue

/** Writes [Mark]s: white with a dark edge, which is read on every colour; as large as the user wants texts. */
class MarkPen(resources: Resources) {
    private val size = TypedValue.applyDimension(TypedValue.COMPLEX_UNIT_SP, TEXT_SP, resources.displayMetrics)
    private val text = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = Color.WHITE
        textAlign = Paint.Align.CENTER
        textSize = size
    }
    private val edge = Paint(text).apply {
        color = Color.BLACK
        style = Paint.Style.STROKE
        strokeWidth = size / 5
    }
    private val ring = Paint(Paint.ANTI_ALIAS_FLAG).apply {
        color = Color.WHITE
        style = Paint.Style.STROKE
        strokeWidth = size / 8
    }

    /** The text stands in the middle above (x, y), in the canvas's pixels. */
    fun draw(canvas: Canvas, mark: Mark, x: Float, y: Float) {
        val above = if (mark.ringed) y - size / 2 else y
        canvas.drawText(mark.text, x, above, edge)
        canvas.drawText(mark.text, x, above, text)
        if (mark.ringed) {
            canvas.drawCircle(x, y, size / 3, edge)
            canvas.drawCircle(x, y, size / 3, ring)
        }
    }

    private companion object {
        const val TEXT_SP = 14f
    }
}
