package org.dfnet.app.model

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class ModelInfoTest {
    @Test
    fun `what the export writes is read`() {
        val info = ModelInfo.parse(DEPTH)
        assertEquals(listOf("depth_int8", "depth_int8.tflite"), listOf(info.name, info.file))
        assertEquals(4_420_000L, info.bytes)
        val depth = info.signature("depth")
        val image = depth.input("image", channels = 3)
        assertEquals(TensorType.UINT8, image.type)
        assertEquals(listOf(1, 192, 320, 3), image.shape)
        assertEquals(0f..255f, image.range)
        val disparity = depth.output("disparity", channels = 1)
        assertEquals(TensorType.FLOAT32, disparity.type)
        assertEquals(0.1f..10f, disparity.range)
        assertEquals("1 / depth, up to scale", disparity.unit)
        assertEquals(listOf(192, 320), listOf(depth.height, depth.width))
    }

    @Test
    fun `numbers without bounds have no range`() {
        val unbounded = ModelInfo.parse(DEPTH.replace("[0.1, 10.0]", "null"))
        assertNull(unbounded.signature("depth").output("disparity", channels = 1).range)
    }

    @Test
    fun `what is missing is said`() {
        expectLine("flow", "depth") { ModelInfo.parse(DEPTH).signature("flow") }
        expectLine("second of 3", "image of 3") { ModelInfo.parse(DEPTH).signature("depth").input("second", 3) }
        expectLine("image of 1", "image of 3") { ModelInfo.parse(DEPTH).signature("depth").input("image", 1) }
    }

    @Test
    fun `what the export does not write is refused`() {
        expectLine("JSON") { ModelInfo.parse("") }
        expectLine("JSON") { ModelInfo.parse("[1, 2]") }
        expectLine("format 1", "2") { ModelInfo.parse(DEPTH.replace("\"format\": 1", "\"format\": 2")) }
        expectLine("bytes") { ModelInfo.parse(DEPTH.replace("\"bytes\"", "\"octets\"")) }
        expectLine("uint8", "int4") { ModelInfo.parse(DEPTH.replace("uint8", "int4")) }
        expectLine("shape", "[192, 320, 3]") { ModelInfo.parse(DEPTH.replace("[1, 192, 320, 3]", "[192, 320, 3]")) }
        expectLine("shape") { ModelInfo.parse(DEPTH.replace("[1, 192, 320, 3]", "[1, 192, 0, 3]")) }
        expectLine("shape") { ModelInfo.parse(DEPTH.replace("[1, 192, 320, 3]", "[2, 192, 320, 3]")) }
        expectLine("one size") { ModelInfo.parse(DEPTH.replace("[1, 192, 320, 3]", "[1, 192, 640, 3]")) }
        expectLine("range", "[255,0]") { ModelInfo.parse(DEPTH.replace("[0, 255]", "[255, 0]")) }
    }
}

/** Runs what must fail with one line that contains all of `words`. */
internal fun expectLine(vararg words: String, run: () -> Unit) {
    val line = assertThrows(ModelException::class.java) { run() }.message
    for (word in words) assertTrue("\"$word\" in: $line", word in line)
    assertFalse("One line: $line", '\n' in line)
}

private const val DEPTH = """{
 "format": 1, "name": "depth_int8", "file": "depth_int8.tflite", "bytes": 4420000, "sha256": "0f",
 "signatures": {
  "depth": {
   "inputs": [{"name": "image", "dtype": "uint8", "shape": [1, 192, 320, 3], "range": [0, 255], "unit": "RGB"}],
   "outputs": [{"name": "disparity", "dtype": "float32", "shape": [1, 192, 320, 1],
                "range": [0.1, 10.0], "unit": "1 / depth, up to scale"}]
  }
 },
 "licence": "unstated"
}"""
