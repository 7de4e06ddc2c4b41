package org.dfnet.app.model

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.junit.Assume.assumeTrue

/** The models, frames and results that verify/model made; a test that needs them is skipped without. */
internal object ExportedModels {
    private val folder: File?
        get() = System.getProperty("dfnet.cases")?.let(::File)

    fun folder(name: String): File {
        assumeTrue("verify/model has made no models for this test.", folder != null)
        return File(folder, name)
    }

    fun all(): List<ModelInfo> = folder("models").listFiles { file -> file.extension == "tflite" }!!
        .sorted().map { ModelInfo.parse(File(it.path.removeSuffix("tflite") + "json").readText()) }

    /** The smallest model with this function. */
    fun of(signature: String): ModelInfo = all()
        .filter { info -> info.signatures.any { it.name == signature } }
        .minByOrNull { it.bytes }!!

    fun content(info: ModelInfo): ModelContent = contentOf(File(folder("models"), info.file))

    /** An input of a model, or what Python computed from the inputs. */
    fun case(info: ModelInfo, signature: String, array: String): ByteArray =
        File(folder("cases"), "${info.name}/$signature.$array.bin").readBytes()
}

internal fun floats(bytes: ByteArray): FloatArray {
    val values = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
    return FloatArray(values.remaining()).also { values.get(it) }
}
