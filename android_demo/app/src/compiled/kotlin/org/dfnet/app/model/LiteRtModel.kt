package org.dfnet.app.model

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.TensorBuffer
import java.nio.ByteBuffer

/** A .tflite file as LiteRT 2 takes it: not in memory, but where it lies. */
class ModelContent(val bytes: Long, val compile: (CompiledModel.Options) -> CompiledModel)

/**
 * A function of a model, compiled by LiteRT 2 for one processor.
 *
 * LiteRT 2 compiles for the GPU only if the GPU takes every operator. For the NPU it always lets the CPU compute the rest.
 *
 * @throws ModelException another file, other names, shapes or types than `info` says, or a processor that refuses.
 */
class LiteRtModel(content: ModelContent, info: ModelInfo, signature: String, threads: Int, processor: Processor) :
    ModelRunner(info, signature, processor) {
    override val whole = processor != Processor.NPU
    private val model: CompiledModel
    private val given: Map<String, TensorBuffer>
    private val computed: Map<String, TensorBuffer>
    private val feeds: List<Feed>

    init {
        expect(content.bytes == info.bytes, "${info.bytes} bytes", "${content.bytes}")
        try {
            model = hold { content.compile(options(threads)) }
            given = function.inputs.associate { it.name to hold { model.createInputBuffer(it.name, function.name) } }
            computed = function.outputs.associate { it.name to hold { model.createOutputBuffer(it.name, function.name) } }
            feeds = function.inputs.map { Feed(it.type, inputs.getValue(it.name), given.getValue(it.name)) }
            run() // Shows wrong sizes and types, and compiles the GPU's programs before the first picture comes.
        } catch (error: ModelException) {
            close()
            throw error
        }
    }

    override fun compute() {
        for (feed in feeds) feed.write()
        model.run(given, computed, function.name)
        for ((name, values) in outputs) {
            val found = computed.getValue(name).readFloat() // Waits for the GPU. LiteRT 2.3 gives a new array each time.
            expect(found.size == values.size, "$name of ${values.size} numbers", "${found.size}")
            found.copyInto(values)
        }
    }

    private fun options(threads: Int) = CompiledModel.Options(Accelerator.valueOf(processor.name)).apply {
        if (processor == Processor.CPU) cpuOptions = CompiledModel.CpuOptions(numThreads = threads)
    }

    /** Takes an input to LiteRT, which reads arrays alone. */
    private class Feed(private val type: TensorType, private val from: ByteBuffer, private val into: TensorBuffer) {
        private val bytes = ByteArray(if (type == TensorType.UINT8) from.capacity() else 0)
        private val floats = FloatArray(if (type == TensorType.FLOAT32) from.capacity() / type.bytes else 0)
        private val numbers = from.asFloatBuffer() // Made once: a view is an object, too.

        fun write() {
            from.clear()
            numbers.clear()
            when (type) {
                TensorType.UINT8 -> into.writeInt8(bytes.also { from.get(it) })
                TensorType.FLOAT32 -> into.writeFloat(floats.also { numbers.get(it) })
            }
            from.clear() // Rewound, as whoever fills it leaves it.
        }
    }
}
