package org.dfnet.app

import android.content.Context
import com.google.ai.edge.litert.BuiltinNpuAcceleratorProvider
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.Environment
import java.io.File
import java.io.IOException
import org.dfnet.app.model.ModelContent
import org.dfnet.app.model.ModelException
import org.dfnet.app.model.ModelInfo
import org.dfnet.app.model.Processor

/** The models in the app as LiteRT 2 takes them, and the processors that it can ask. */
class PackedModels(private val context: Context) {
    /** The .tflite itself. Throws ModelException if it is missing or packed compressed. */
    fun content(model: ModelInfo): ModelContent {
        val path = Models.path(model)
        val bytes = try {
            context.assets.openFd(path).use { it.declaredLength }
        } catch (e: IOException) {
            throw Models.missing(model, e)
        }
        return ModelContent(bytes) { CompiledModel.create(context.assets, path, it, environment(context)) }
    }

    /**
     * What is worth asking. The NPU only where LiteRT knows the phone's and its maker's library is in the app: without
     * the library LiteRT reports an NPU and computes on the CPU.
     */
    val processors: List<Processor>
        get() = Processor.values().filter { it != Processor.NPU || hasNpu() }

    private fun hasNpu() = BuiltinNpuAcceleratorProvider(context).isDeviceSupported() &&
        File(context.applicationInfo.nativeLibraryDir).list().orEmpty().any { it.startsWith("libLiteRtDispatch") }

    companion object {
        /** Whether an app that is new asks for more than the CPU: the GPU computes all of a model here, or refuses. */
        const val ACCELERATES = true

        private var shared: Environment? = null

        /** One for the whole process and never closed: each new one would load the accelerators' libraries again. */
        @Synchronized
        private fun environment(context: Context): Environment = shared ?: context.applicationContext.let {
            Environment.create(it, BuiltinNpuAcceleratorProvider(it))
        }.also { shared = it }
    }
}
