package org.dfnet.app

import android.content.res.AssetManager
import java.io.FileInputStream
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import org.dfnet.app.model.ModelException
import org.dfnet.app.model.ModelInfo

/** The models packed into the app, found by the JSON that lies beside each. */
class Models(private val assets: AssetManager) {
    /** Those that have the function `signature`, by name; a JSON that cannot be read is told to `onBroken`. */
    fun with(signature: String, onBroken: (file: String, why: String) -> Unit): List<ModelInfo> =
        assets.list(FOLDER).orEmpty().filter { it.endsWith(".json") }.sorted().mapNotNull { file ->
            try {
                ModelInfo.parse(text(file))
            } catch (e: ModelException) {
                onBroken(file, e.message)
                null
            }
        }.filter { model -> model.signatures.any { it.name == signature } }

    /** The .tflite itself, mapped, not copied. Throws ModelException if it is missing or packed compressed. */
    fun content(model: ModelInfo): ByteBuffer = try {
        assets.openFd("$FOLDER/${model.file}").use { part ->
            FileInputStream(part.fileDescriptor).use {
                it.channel.map(FileChannel.MapMode.READ_ONLY, part.startOffset, part.declaredLength)
            }
        }
    } catch (e: IOException) {
        throw ModelException(
            "Expected ${model.file} stored uncompressed in the app. Received: ${e.message}.", e,
        )
    }

    private fun text(file: String): String =
        assets.open("$FOLDER/$file").bufferedReader().use { it.readText() }

    private companion object {
        const val FOLDER = "models"
    }
}
