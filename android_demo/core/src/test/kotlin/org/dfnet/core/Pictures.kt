package org.dfnet.core

import java.nio.ByteBuffer
import java.util.Random

/** A picture of random colours, the same each time. */
fun noise(width: Int, height: Int) = RgbImage(width, height).also { Random(1).nextBytes(it.bytes) }

/** A frame of random colours as most phones deliver it: interleaved chroma, rows of multiples of 64 bytes. */
fun cameraFrame(width: Int, height: Int): YuvPlanes {
    val stride = (width + 63) / 64 * 64
    val y = ByteArray(stride * height).also { Random(2).nextBytes(it) }
    val chroma = ByteArray(stride * ((height + 1) / 2) + 1).also { Random(3).nextBytes(it) }
    val u = ByteBuffer.allocateDirect(chroma.size).apply { put(chroma) }
    val v = ByteBuffer.allocateDirect(chroma.size - 1).apply { put(chroma, 1, chroma.size - 1) }
    return YuvPlanes().apply { set(width, height, ByteBuffer.wrap(y), u, v, stride, stride, 2) }
}
