package com.google.ai.edge.litert

import android.content.res.AssetManager
import java.io.File
import java.nio.ByteBuffer
import org.dfnet.standin.NativeModel
import org.dfnet.standin.Signature

enum class Accelerator { NONE, CPU, GPU, NPU }

/**
 * A stand-in for the class of LiteRT 2.x, for tests on a computer: the members that the app uses, over the C library of
 * the Python package. It computes with the real kernels, in as many threads as it likes, on the CPU; asked for the GPU
 * alone, that library refuses, as on a phone whose GPU cannot run a model.
 *
 * Source of the members: litert/kotlin/src/main/kotlin/com/google/ai/edge/litert/Model.kt of google-ai-edge/LiteRT.
 */
class CompiledModel private constructor(private val model: NativeModel) : AutoCloseable {
    data class CpuOptions(val numThreads: Int? = null)

    class Options(internal vararg val accelerators: Accelerator) {
        var cpuOptions: CpuOptions? = null
    }

    fun createInputBuffer(inputName: String, signature: String = ""): TensorBuffer =
        refusing { TensorBuffer(Signature.port(function(signature).inputs, inputName)) }

    fun createOutputBuffer(outputName: String, signature: String = ""): TensorBuffer =
        refusing { TensorBuffer(Signature.port(function(signature).outputs, outputName)) }

    fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>, signature: String = "") = refusing {
        val function = function(signature)
        val names = Signature.names(function.inputs) + Signature.names(function.outputs)
        require((inputs.keys + outputs.keys) == names.toSet()) { "The given map is missing some TensorBuffers: $names" }
        function.run(model)
    }

    override fun close() = model.close()

    private fun function(name: String): Signature {
        check(!model.isClosed) { "The handle has been destroyed." }
        return model.signature(name)
    }

    companion object {
        @Suppress("UNUSED_PARAMETER") // There are no assets on a computer.
        fun create(
            assetManager: AssetManager,
            assetName: String,
            options: Options = Options(Accelerator.CPU),
            optionalEnv: Environment? = null,
        ): CompiledModel = throw LiteRtException("Failed to open asset.")

        @Suppress("UNUSED_PARAMETER") // NativeModel has an environment of its own.
        fun create(
            filePath: String,
            options: Options = Options(Accelerator.CPU),
            optionalEnv: Environment? = null,
        ): CompiledModel = refusing {
            val bytes = File(filePath).readBytes()
            val content = ByteBuffer.allocateDirect(bytes.size).put(bytes)
            CompiledModel(NativeModel(content, options.accelerators.sumOf(::native)))
        }

        private fun native(accelerator: Accelerator): Int = when (accelerator) {
            Accelerator.NONE -> 0
            Accelerator.CPU -> NativeModel.CPU
            Accelerator.GPU -> NativeModel.GPU
            Accelerator.NPU -> NativeModel.NPU
        }
    }
}

/** The exception that the real class throws. */
internal inline fun <T> refusing(action: () -> T): T = try {
    action()
} catch (error: IllegalArgumentException) {
    throw LiteRtException(error.message.orEmpty())
}
