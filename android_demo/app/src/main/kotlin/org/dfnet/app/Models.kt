package org.dfnet.app

import android.content.res.AssetManager
import java.io.IOException
import org.dfnet.app.model.ModelException
import org.dfnet.app.model.ModelInfo

/** What is known of the models packed into the app, found by the JSON that lies beside each. */
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

    private fun text(file: String): String =
        assets.open("$FOLDER/$file").bufferedReader().use { it.readText() }

    companion object {
        private const val FOLDER = "models"

        /** Of the .tflite, among the assets. */
        fun path(model: ModelInfo): String = "$FOLDER/${model.file}"

        fun missing(model: ModelInfo, why: IOException) = ModelException(
            "Expected ${model.file} stored uncompressed in the app. Received: ${why.message}.", why,
        )
    }
}
