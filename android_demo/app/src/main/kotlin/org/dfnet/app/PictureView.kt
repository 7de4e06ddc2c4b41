package org.dfnet.app

import android.content.Context
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.Point
import android.graphics.Rect
import android.util.AttributeSet
import android.view.MotionEvent
import android.view.View

/** Shows a picture that another thread draws, as large as it fits, and tells which of its points was touched. */
class PictureView(context: Context, attributes: AttributeSet) : View(context, attributes) {
    /** Is told the touched point, in pixels of the picture. */
    var onPoint: ((x: Int, y: Int) -> Unit)? = null

    /** Texts over the picture; any thread. */
    @Volatile
    var marks: List<Mark> = emptyList()
        set(value) {
            field = value
            postInvalidate()
        }

    private val lock = Any() // The picture is written on one thread and shown on another.
    private var bitmap: Bitmap? = null
    private val whole = Rect()
    private val place = Rect()
    private var touched: Point? = null
    private val smooth = Paint(Paint.FILTER_BITMAP_FLAG)
    private val pen = MarkPen(resources)

    init {
        setBackgroundColor(Color.BLACK)
        isClickable = true
        isFocusable = true
    }

    /** Shows ARGB `pixels` [width * height], which are copied; any thread. Allocates for another size only. */
    fun show(pixels: IntArray, width: Int, height: Int) {
        synchronized(lock) {
            val picture = bitmap?.takeIf { it.width == width && it.height == height }
                ?: Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888)
            picture.setPixels(pixels, 0, width, 0, 0, width, height)
            bitmap = picture
        }
        postInvalidate()
    }

    /** A copy of what is seen, texts included, without what is around the picture; null before the first. */
    fun copy(): Bitmap? = synchronized(lock) {
        val picture = bitmap ?: return null
        if (width == 0 || height == 0) return null
        fit(picture)
        Bitmap.createBitmap(place.width(), place.height(), Bitmap.Config.ARGB_8888).also {
            val canvas = Canvas(it)
            canvas.translate(-place.left.toFloat(), -place.top.toFloat())
            paint(canvas, picture)
        }
    }

    override fun onDraw(canvas: Canvas) {
        synchronized(lock) {
            val picture = bitmap ?: return
            fit(picture)
            paint(canvas, picture)
        }
    }

    private fun paint(canvas: Canvas, picture: Bitmap) {
        canvas.drawBitmap(picture, whole, place, smooth)
        for (mark in marks) {
            pen.draw(
                canvas, mark,
                place.left + mark.x * place.width() / picture.width,
                place.top + mark.y * place.height() / picture.height,
            )
        }
    }

    override fun onTouchEvent(event: MotionEvent): Boolean {
        touched = event
            .takeIf { it.action == MotionEvent.ACTION_DOWN || it.action == MotionEvent.ACTION_UP }
            ?.let { Point(it.x.toInt(), it.y.toInt()) }
        return super.onTouchEvent(event)
    }

    /** A click without a finger, by a key or by what reads the screen aloud, means a place in the colours, wherever they are. */
    override fun performClick(): Boolean {
        val point = touched ?: Point(width * 3 / 4, height * 3 / 4)
        touched = null
        tell(point)
        return super.performClick()
    }

    private fun tell(point: Point) {
        val told = synchronized(lock) {
            val picture = bitmap ?: return
            fit(picture)
            if (!place.contains(point.x, point.y)) return
            Point(
                (point.x - place.left) * picture.width / place.width(),
                (point.y - place.top) * picture.height / place.height(),
            )
        }
        onPoint?.invoke(told.x, told.y)
    }

    /** The largest place in the middle of this view with the picture's shape. */
    private fun fit(picture: Bitmap) {
        whole.set(0, 0, picture.width, picture.height)
        val shownWidth = minOf(width, height * picture.width / picture.height)
        val shownHeight = minOf(height, width * picture.height / picture.width)
        val left = (width - shownWidth) / 2
        val top = (height - shownHeight) / 2
        place.set(left, top, left + shownWidth, top + shownHeight)
    }
}
