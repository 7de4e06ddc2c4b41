package org.dfnet.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.ZipInputStream

/** Arrays of a resource golden/[name].npz, as numpy writes them (numpy.lib.format, version 1.0; C order). */
class Golden(private val name: String) {
    private class Entry(val type: String, val shape: List<Int>, val data: ByteBuffer)

    private val entries = HashMap<String, Entry>()

    init {
        val stream = checkNotNull(Golden::class.java.getResourceAsStream("/golden/$name.npz")) { "No $name.npz." }
        ZipInputStream(stream).use { zip ->
            for (file in generateSequence(zip::getNextEntry)) {
                entries[file.name.removeSuffix(".npy")] = entry(zip.readBytes())
            }
        }
    }

    fun shape(array: String): List<Int> = entries.getValue(array).shape

    fun bytes(array: String): ByteArray = data(array, "|u1").let { ByteArray(it.remaining()).also(it::get) }

    fun ints(array: String): IntArray =
        data(array, "<i4").asIntBuffer().let { IntArray(it.remaining()).also(it::get) }

    fun floats(array: String): FloatArray =
        data(array, "<f4").asFloatBuffer().let { FloatArray(it.remaining()).also(it::get) }

    /** An array [H, W, 3] of bytes. */
    fun image(array: String): RgbImage {
        val (height, width, channels) = shape(array)
        check(channels == 3) { "Expected [H, W, 3] of $name, $array. Received: ${shape(array)}." }
        return RgbImage(width, height).also { bytes(array).copyInto(it.bytes) }
    }

    private fun data(array: String, type: String): ByteBuffer {
        val entry = entries.getValue(array)
        check(entry.type == type) { "Expected $type of $name, $array. Received: ${entry.type}." }
        return entry.data.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    }

    private fun entry(npy: ByteArray): Entry {
        val length = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN).getShort(8)
        val header = String(npy, 10, length.toInt(), Charsets.US_ASCII)
        val type = Regex("'descr': '([^']+)'").find(header)!!.groupValues[1]
        val shape = Regex("'shape': \\(([^)]*)\\)").find(header)!!.groupValues[1]
        check("'fortran_order': False" in header) { "Expected C order. Received: $header." }
        return Entry(
            type,
            shape.split(",").map(String::trim).filter(String::isNotEmpty).map(String::toInt),
            ByteBuffer.wrap(npy, 10 + length, npy.size - 10 - length).slice(),
        )
    }
}

/** The greatest difference of two colours in any of red, green and blue. */
fun colourDifference(first: Int, second: Int): Int =
    intArrayOf(16, 8, 0).maxOf { Math.abs((first shr it and 0xFF) - (second shr it and 0xFF)) }

/** The greatest difference of pictures in any colour. */
fun colourDifference(image: IntArray, expected: RgbImage): Int =
    image.indices.maxOf { colourDifference(image[it], expected.argb(3 * it)) }
