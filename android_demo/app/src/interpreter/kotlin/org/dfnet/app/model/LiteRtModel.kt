package org.dfnet.app.model

import java.nio.ByteBuffer
import java.nio.FloatBuffer
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.Tensor
import org.tensorflow.lite.gpu.GpuDelegate

/** A .tflite file as LiteRT 1.4 takes it: direct, as a mapped asset is, and read until the model is closed. */
typealias ModelContent = ByteBuffer

/**
 * A function of a model, run by the Interpreter of LiteRT 1.4 on CPU threads or, with a delegate, on the GPU.
 *
 * The delegate leaves to the CPU what it cannot compute.
 *
 * @throws ModelException another file, other names, shapes or types than `info` says, or a GPU that refuses.
 */
class LiteRtModel(content: ModelContent, info: ModelInfo, signature: String, threads: Int, processor: Processor) :
    ModelRunner(info, signature, processor) {
    override val whole = processor == Processor.CPU
    private val interpreter: Interpreter
    private val outputBuffers: Map<String, FloatBuffer> = outputs.mapValues { FloatBuffer.wrap(it.value) }

    init {
        expect(content.capacity().toLong() == info.bytes, "${info.bytes} bytes", "${content.capacity()}")
        try {
            val options = Interpreter.Options()
            if (processor == Processor.GPU) options.addDelegate(hold { GpuDelegate() }) else options.setNumThreads(threads)
            interpreter = hold { Interpreter(content, options) }
            checkFile()
            if (processor == Processor.GPU) run() // It may take a model and fail on its first picture; later ones find it warm.
        } catch (error: ModelException) {
            close()
            throw error
        }
    }

    override fun compute() {
        for (buffer in outputBuffers.values) buffer.rewind() // The runtime writes from the position on.
        interpreter.runSignature(inputs, outputBuffers, function.name)
    }

    private fun checkFile() {
        val keys = interpreter.signatureKeys.toList()
        expect(function.name in keys, "a function ${function.name}", "$keys")
        checkNames(function.inputs, interpreter.getSignatureInputs(function.name))
        checkNames(function.outputs, interpreter.getSignatureOutputs(function.name))
        for (it in function.inputs) checkTensor(it, interpreter.getInputTensorFromSignature(it.name, function.name))
        for (it in function.outputs) checkTensor(it, interpreter.getOutputTensorFromSignature(it.name, function.name))
        for (it in function.outputs) expect(it.type == TensorType.FLOAT32, "${it.name} of float32", "${it.type}")
    }

    private fun checkNames(expected: List<TensorInfo>, received: Array<String>) {
        val names = expected.map { it.name }
        expect(names.toSet() == received.toSet(), names.joinToString(), received.joinToString())
    }

    private fun checkTensor(expected: TensorInfo, received: Tensor) {
        val described = "${expected.name} ${expected.type} ${expected.shape.toList()}"
        val found = "${expected.name} ${received.dataType()} ${received.shape().toList()}"
        expect(described == found, described, found)
    }
}
