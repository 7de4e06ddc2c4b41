package org.dfnet.app.model

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

/** What the export says of a model, in the JSON beside it; the app knows no other numbers. */
class ModelInfo(
    val name: String,
    /** The model, in the folder of the JSON. */
    val file: String,
    val bytes: Long,
    val signatures: List<SignatureInfo>,
) {
    /** Throws [ModelException] if the model has no such function. */
    fun signature(name: String): SignatureInfo = signatures.firstOrNull { it.name == name }
        ?: throw ModelException(
            "${this.name}: expected a model of $name. Received: ${signatures.joinToString { it.name }}.",
        )

    companion object {
        private const val FORMAT = 1

        /** Throws [ModelException] if `json` is not what the export writes. */
        fun parse(json: String): ModelInfo = try {
            val root = JSONObject(json)
            expect(root.getInt("format") == FORMAT, "format $FORMAT", root.getInt("format"))
            val signatures = root.getJSONObject("signatures")
            ModelInfo(
                name = root.getString("name"),
                file = root.getString("file"),
                bytes = root.getLong("bytes"),
                signatures = signatures.keys().asSequence().toList()
                    .map { signatureInfo(it, signatures.getJSONObject(it)) },
            )
        } catch (error: JSONException) {
            throw ModelException("Expected the JSON that the export writes. Received: ${firstLine(error)}", error)
        }
    }
}

/** One function of a model; all its arrays are of one height and width. */
class SignatureInfo(val name: String, val inputs: List<TensorInfo>, val outputs: List<TensorInfo>) {
    val height = inputs.first().height
    val width = inputs.first().width

    init {
        val same = (inputs + outputs).all { it.height == height && it.width == width }
        expect(same, "one size of all arrays of $name", (inputs + outputs).map { it.shape })
    }

    /** Throws [ModelException] if there is none of that name and number of channels, as does [output]. */
    fun input(name: String, channels: Int): TensorInfo = find(inputs, name, channels)

    fun output(name: String, channels: Int): TensorInfo = find(outputs, name, channels)

    private fun find(tensors: List<TensorInfo>, name: String, channels: Int): TensorInfo =
        tensors.firstOrNull { it.name == name && it.channels == channels }
            ?: throw ModelException(
                "${this.name}: expected $name of $channels channels. " +
                    "Received: ${tensors.joinToString { "${it.name} of ${it.channels}" }}.",
            )
}

/** What the numbers of an array are, and what the JSON calls it. */
enum class TensorType(val dtype: String, val bytes: Int) { UINT8("uint8", 1), FLOAT32("float32", 4) }

/** An array [1, height, width, channels], row by row, that goes into a model or comes out. */
data class TensorInfo(
    val name: String,
    val type: TensorType,
    val height: Int,
    val width: Int,
    val channels: Int,
    /** Smallest and largest value; null: unbounded. */
    val range: ClosedFloatingPointRange<Float>?,
    val unit: String,
) {
    val shape: List<Int> get() = listOf(1, height, width, channels)
    val elements: Int get() = height * width * channels
}

private fun signatureInfo(name: String, json: JSONObject) = SignatureInfo(
    name,
    inputs = tensorInfos(json.getJSONArray("inputs")),
    outputs = tensorInfos(json.getJSONArray("outputs")),
)

private fun tensorInfos(json: JSONArray): List<TensorInfo> {
    expect(json.length() > 0, "inputs and outputs", json)
    return List(json.length()) { tensorInfo(json.getJSONObject(it)) }
}

private fun tensorInfo(json: JSONObject): TensorInfo {
    val shape = json.getJSONArray("shape")
    val sides = List(shape.length()) { shape.getInt(it) }
    expect(sides.size == 4 && sides[0] == 1 && sides.all { it > 0 }, "a shape [1, height, width, channels]", sides)
    return TensorInfo(
        name = json.getString("name"),
        type = tensorType(json.getString("dtype")),
        height = sides[1],
        width = sides[2],
        channels = sides[3],
        range = if (json.isNull("range")) null else range(json.getJSONArray("range")),
        unit = json.getString("unit"),
    )
}

private fun tensorType(dtype: String): TensorType =
    TensorType.values().firstOrNull { it.dtype == dtype }
        ?: throw ModelException("Expected the dtype uint8 or float32. Received: $dtype.")

private fun range(json: JSONArray): ClosedFloatingPointRange<Float> {
    expect(json.length() == 2 && json.getDouble(0) < json.getDouble(1), "a range [low, high]", json)
    return json.getDouble(0).toFloat()..json.getDouble(1).toFloat()
}

private fun expect(condition: Boolean, what: String, received: Any) {
    if (!condition) throw ModelException("Expected $what in the JSON of a model. Received: $received.")
}
