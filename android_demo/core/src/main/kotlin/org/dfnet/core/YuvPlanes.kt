package org.dfnet.core

import java.nio.ByteBuffer

/**
 * The three planes of one camera frame in YUV_420_888: luma at every pixel, chroma at every second of every second row.
 *
 * Any layout that android.media.Image may deliver is taken: padded rows, chroma planar (pixel stride 1) or
 * interleaved (2), odd sizes, buffers that end with the last pixel instead of the last row's padding, direct buffers.
 * One object serves all frames: [set] points it to the next one.
 */
class YuvPlanes {
    var width = 0
        private set
    var height = 0
        private set
    private lateinit var y: ByteBuffer
    private lateinit var u: ByteBuffer
    private lateinit var v: ByteBuffer
    private var yRowStride = 0
    private var uvRowStride = 0
    private var uvPixelStride = 1

    // One row each, read at once: a get() of a direct buffer per pixel is slow on a phone.
    private var lumaRow = ByteArray(0)
    private var uRow = ByteArray(0)
    private var vRow = ByteArray(0)

    /** Points to a frame. Strides are in bytes; positions of the buffers are ignored, and moved by [toRgb]. */
    fun set(
        width: Int, height: Int, y: ByteBuffer, u: ByteBuffer, v: ByteBuffer,
        yRowStride: Int, uvRowStride: Int, uvPixelStride: Int,
    ) {
        require(width > 0 && height > 0) { "Expected a frame of at least 1x1. Received: ${width}x$height." }
        val chromaWidth = (width + 1) / 2
        val chromaHeight = (height + 1) / 2
        expectPlane("Y", y, width, height, yRowStride, 1)
        expectPlane("U", u, chromaWidth, chromaHeight, uvRowStride, uvPixelStride)
        expectPlane("V", v, chromaWidth, chromaHeight, uvRowStride, uvPixelStride)
        this.width = width
        this.height = height
        this.y = y
        this.u = u
        this.v = v
        this.yRowStride = yRowStride
        this.uvRowStride = uvRowStride
        this.uvPixelStride = uvPixelStride
        if (lumaRow.size < width) lumaRow = ByteArray(width)
        val chromaBytes = (chromaWidth - 1) * uvPixelStride + 1
        if (uRow.size < chromaBytes) uRow = ByteArray(chromaBytes)
        if (vRow.size < chromaBytes) vRow = ByteArray(chromaBytes)
    }

    /**
     * Converts the part of the frame with the size of [into] whose top-left pixel is ([left], [top]).
     *
     * BT.601 with the full range 0..255, as in JPEG (JFIF 1.02): R = Y + 1.402 (V - 128), G = Y - 0.344136 (U - 128)
     * - 0.714136 (V - 128), B = Y + 1.772 (U - 128). The four pixels of a chroma value share it.
     */
    fun toRgb(into: RgbImage, left: Int = 0, top: Int = 0) {
        require(left >= 0 && top >= 0 && left + into.width <= width && top + into.height <= height) {
            "Expected a part of the ${width}x$height frame. Received: ${into.width}x${into.height} at ($left, $top)."
        }
        val firstChroma = left / 2
        val chromaBytes = ((left + into.width - 1) / 2 - firstChroma) * uvPixelStride + 1
        for (row in 0 until into.height) {
            val from = top + row
            read(y, from * yRowStride + left, lumaRow, into.width)
            if (row == 0 || from % 2 == 0) {
                val at = from / 2 * uvRowStride + firstChroma * uvPixelStride
                read(u, at, uRow, chromaBytes)
                read(v, at, vRow, chromaBytes)
            }
            convertRow(into.bytes, 3 * row * into.width, into.width, left % 2)
        }
    }

    /** The rows read last; [odd] is 1 if the first pixel is the second of its chroma value. */
    private fun convertRow(rgb: ByteArray, start: Int, width: Int, odd: Int) {
        var at = start
        for (x in 0 until width) {
            val chroma = (x + odd) / 2 * uvPixelStride
            val luma = ((lumaRow[x].toInt() and 0xFF) shl SHIFT) + HALF
            val blueness = (uRow[chroma].toInt() and 0xFF) - 128
            val redness = (vRow[chroma].toInt() and 0xFF) - 128
            rgb[at] = clamped((luma + RED_V * redness) shr SHIFT)
            rgb[at + 1] = clamped((luma - GREEN_U * blueness - GREEN_V * redness) shr SHIFT)
            rgb[at + 2] = clamped((luma + BLUE_U * blueness) shr SHIFT)
            at += 3
        }
    }

    private fun read(plane: ByteBuffer, at: Int, into: ByteArray, count: Int) {
        plane.position(at)
        plane.get(into, 0, count)
    }

    private fun clamped(value: Int): Byte = Math.max(0, Math.min(255, value)).toByte()

    private fun expectPlane(
        name: String, plane: ByteBuffer, width: Int, height: Int, rowStride: Int, pixelStride: Int,
    ) {
        val row = (width - 1) * pixelStride + 1
        require(pixelStride >= 1 && rowStride >= row) {
            "Expected strides of the $name plane for $width pixels a row. " +
                "Received: row stride $rowStride, pixel stride $pixelStride."
        }
        val needed = (height - 1) * rowStride + row
        require(plane.limit() >= needed) {
            "Expected at least $needed bytes in the $name plane. Received: ${plane.limit()}."
        }
    }

    private companion object {
        // The factors in fixed point, times 2^16.
        const val SHIFT = 16
        const val HALF = 1 shl (SHIFT - 1)
        const val RED_V = 91881
        const val GREEN_U = 22554
        const val GREEN_V = 46802
        const val BLUE_U = 116130
    }
}
