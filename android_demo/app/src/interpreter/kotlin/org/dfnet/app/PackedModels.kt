package org.dfnet.app

import android.content.Context
import java.io.FileInputStream
import java.io.IOException
import java.nio.channels.FileChannel
import org.dfnet.app.model.ModelContent
import org.dfnet.app.model.ModelInfo
import org.dfnet.app.model.Processor

/** The models in the app as LiteRT 1.4 takes them, and the processors that it can ask. */
class PackedModels(private val context: Context) {
    /** The .tflite itself, mapped, not copied. Throws ModelException if it is missing or packed compressed. */
    fun content(model: ModelInfo): ModelContent = try {
        context.assets.openFd(Models.path(model)).use { part ->
            FileInputStream(part.fileDescriptor).use {
                it.channel.map(FileChannel.MapMode.READ_ONLY, part.startOffset, part.declaredLength)
            }
        }
    } catch (e: IOException) {
        throw Models.missing(model, e)
    }

    val processors: List<Processor>
        get() = listOf(Processor.GPU, Processor.CPU)

    companion object {
        /** Whether an app that is new asks for more than the CPU: this GPU delegate leaves parts of flow to the CPU. */
        const val ACCELERATES = false
    }
}
