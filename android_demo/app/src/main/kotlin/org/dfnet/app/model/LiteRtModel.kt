package org.dfnet.app.model

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.Tensor
import org.tensorflow.lite.gpu.GpuDelegate

/**
 * One function of a model, run by LiteRT in buffers that are made once and used again.
 *
 * All on one thread: a GPU delegate belongs to the thread that opens the model.
 *
 * @param content the .tflite file, direct, as a mapped asset is; LiteRT reads it until [close].
 * @param gpu computes on the GPU instead of CPU threads.
 * @throws ModelException another file, other names, shapes or types than `info` says, or a GPU that
 *   refuses.
 */
class LiteRtModel(
    private val content: ByteBuffer,
    info: ModelInfo,
    signature: String,
    threads: Int,
    gpu: Boolean,
) : AutoCloseable {
    private val name = info.name
    private val function = info.signature(signature)
    private val delegate: GpuDelegate?
    private val interpreter: Interpreter
    private var closed = false

    /** By name; to be filled before [run], whatever their position. Direct, in native order. */
    val inputs: Map<String, ByteBuffer> = function.inputs.associate { it.name to inputBuffer(it) }

    /** By name: the values of the last [run]. */
    val outputs: Map<String, FloatArray> = function.outputs.associate { it.name to FloatArray(it.elements) }

    private val outputBuffers: Map<String, FloatBuffer> = outputs.mapValues { FloatBuffer.wrap(it.value) }

    init {
        expect(content.capacity().toLong() == info.bytes, "${info.bytes} bytes", "${content.capacity()}")
        delegate = if (gpu) opened("the GPU") { GpuDelegate() } else null
        try {
            interpreter = opened(if (gpu) "the GPU" else "the runtime") { Interpreter(content, options(threads)) }
        } catch (error: ModelException) {
            delegate?.close()
            throw error
        }
        try {
            checkFile()
            if (gpu) run() // It may take a model and fail on its first picture; later ones find it warm.
        } catch (error: ModelException) {
            close()
            throw error
        }
    }

    /** Throws [ModelException] if the runtime fails, IllegalStateException after [close]. */
    fun run() {
        check(!closed) { "$name: closed." }
        for (buffer in outputBuffers.values) buffer.rewind() // The runtime writes from the position on.
        try {
            interpreter.runSignature(inputs, outputBuffers, function.name)
        } catch (error: RuntimeException) {
            throw ModelException("$name: it failed on a picture. Received: ${firstLine(error)}", error)
        }
    }

    /** Frees what the runtime holds; a second call does nothing. */
    override fun close() {
        if (closed) return
        closed = true
        interpreter.close()
        delegate?.close() // After the interpreter, which uses it.
    }

    private fun options(threads: Int) = Interpreter.Options().apply {
        if (delegate == null) setNumThreads(threads) else addDelegate(delegate)
    }

    /** LinkageError: the native library of this processor is not in the app. */
    private fun <T> opened(by: String, open: () -> T): T = try {
        open()
    } catch (error: RuntimeException) {
        throw ModelException("$name: $by refuses it. Received: ${firstLine(error)}", error)
    } catch (error: LinkageError) {
        throw ModelException("$name: $by is not there. Received: ${firstLine(error)}", error)
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

    private fun expect(condition: Boolean, expected: String, received: String) {
        if (!condition) throw ModelException("$name: expected $expected, as its JSON says. Received: $received.")
    }
}

private fun inputBuffer(info: TensorInfo): ByteBuffer =
    ByteBuffer.allocateDirect(info.elements * info.type.bytes).order(ByteOrder.nativeOrder())
