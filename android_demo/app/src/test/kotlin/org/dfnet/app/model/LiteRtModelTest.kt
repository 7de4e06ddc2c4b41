package org.dfnet.app.model

import java.io.File
import java.nio.ByteBuffer
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** The exported models through the class that runs them on the phone. */
class LiteRtModelTest {
    @Test
    fun `each function of each model gives to the bit what Python computes`() {
        for (info in ExportedModels.all()) {
            for (function in info.signatures) open(info, function.name).use { it.expectPythonsResult(info, function) }
        }
    }

    @Test
    fun `a second run with the same buffers gives the same`() {
        val info = ExportedModels.of("flow")
        open(info, "flow").use {
            repeat(2) { _ -> it.expectPythonsResult(info, info.signature("flow")) }
        }
    }

    @Test
    fun `a GPU that refuses is told in one line`() {
        val info = ExportedModels.of("depth")
        expectLine(info.name, "GPU", "refuses") { open(info, "depth", Processor.GPU) }
    }

    @Test
    fun `after a GPU that refuses the CPU computes all of the model, and says so`() {
        val info = ExportedModels.of("depth")
        val refused = mutableListOf<Processor>()
        val asked = listOf(Processor.GPU, Processor.CPU)
        openOnFirst(asked, { processor, _ -> refused += processor }) { open(info, "depth", it) }.use {
            assertEquals(listOf(Processor.GPU), refused)
            assertEquals(Processor.CPU, it.processor)
            assertTrue(it.whole)
            it.expectPythonsResult(info, info.signature("depth"))
        }
    }

    @Test
    fun `another file than the JSON describes is refused`() {
        val info = ExportedModels.of("depth")
        expectLine("${info.bytes} bytes", "${info.bytes - 1}") {
            LiteRtModel(contentOf(zeros(info.bytes - 1)), info, "depth", threads = 1, processor = Processor.CPU)
        }
        expectLine(info.name, "runtime") {
            LiteRtModel(contentOf(zeros(info.bytes)), info, "depth", threads = 1, processor = Processor.CPU)
        }
        expectLine("depth", "flow") { open(info, "flow") }
    }

    @Test
    fun `other names, shapes or types than in the file are refused`() {
        val info = ExportedModels.of("depth")
        expectLine("flow") { open(info.with(name = "flow"), "flow") }
        expectLine("picture", "image") { open(info.with { it.copy(name = "picture") }, "depth") }
        val half = info.signature("depth").height / 2
        expectLine(info.name, "as its JSON says") { open(info.with { it.copy(height = half) }, "depth") }
        val other = TensorType.values().first { it != info.signature("depth").inputs[0].type }
        expectLine(info.name) { open(info.with { it.copy(type = other) }, "depth") }
    }

    @Test
    fun `a closed model does not run, and closing again does nothing`() {
        val model = open(ExportedModels.of("depth"), "depth")
        model.close()
        model.close()
        assertThrows(IllegalStateException::class.java) { model.run() }
    }

    private fun open(info: ModelInfo, signature: String, processor: Processor = Processor.CPU) =
        LiteRtModel(ExportedModels.content(info), info, signature, threads = 2, processor = processor)

    private fun zeros(bytes: Long): File = File.createTempFile("zeros", ".tflite").apply {
        deleteOnExit()
        writeBytes(ByteArray(bytes.toInt()))
    }

    private fun LiteRtModel.expectPythonsResult(info: ModelInfo, function: SignatureInfo) {
        for ((name, buffer) in inputs) buffer.fill(ExportedModels.case(info, function.name, name))
        run()
        for ((name, values) in outputs) {
            val expected = floats(ExportedModels.case(info, function.name, name))
            assertArrayEquals("${info.name}, $name", expected, values, 0f)
        }
    }

    private fun ByteBuffer.fill(bytes: ByteArray) {
        clear()
        put(bytes)
    }

    /** This model's JSON with a function of another name, or with other arrays. */
    private fun ModelInfo.with(name: String = "depth", change: (TensorInfo) -> TensorInfo = { it }): ModelInfo {
        val depth = signature("depth")
        val changed = SignatureInfo(name, depth.inputs.map(change), depth.outputs.map(change))
        return ModelInfo(this.name, file, bytes, listOf(changed))
    }
}
