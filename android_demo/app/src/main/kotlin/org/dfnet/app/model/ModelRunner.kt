package org.dfnet.app.model

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * One function of a model in buffers that are made once and used again.
 *
 * LiteRtModel computes it: each build flavour has its own, over its version of LiteRT. Opened, used and closed on one
 * thread, which a GPU delegate demands.
 */
abstract class ModelRunner(protected val info: ModelInfo, signature: String, val processor: Processor) : AutoCloseable {
    protected val function = info.signature(signature)
    private val held = ArrayDeque<AutoCloseable>()
    private var closed = false

    /** Whether [processor] computes every operator. If false, the CPU computes what it refuses; LiteRT does not say how much. */
    abstract val whole: Boolean

    /** By name; to be filled before [run], whatever their position. Direct, in native order. */
    val inputs: Map<String, ByteBuffer> = function.inputs.associate { it.name to inputBuffer(it) }

    /** By name: the values of the last [run]. */
    val outputs: Map<String, FloatArray> = function.outputs.associate { it.name to FloatArray(it.elements) }

    /** Throws [ModelException] if the runtime fails, IllegalStateException after [close]. */
    fun run() {
        check(!closed) { "${info.name}: closed." }
        inOneLine("it failed on a picture.", ::compute)
    }

    /** Frees what the runtime holds; a second call does nothing. */
    override fun close() {
        closed = true
        while (held.isNotEmpty()) held.removeLast().close() // What was opened later uses what was opened earlier.
    }

    protected abstract fun compute()

    /** Opens a part of the runtime, which [close] closes. */
    protected fun <T : AutoCloseable> hold(open: () -> T): T =
        inOneLine("the ${if (processor == Processor.CPU) "runtime" else processor.name} refuses it.", open)
            .also(held::addLast)

    protected fun expect(condition: Boolean, expected: String, received: String) {
        if (condition) return
        throw ModelException("${info.name}: expected $expected, as its JSON says. Received: $received.")
    }

    /** Puts what the runtime throws into one line. LinkageError: the app has no native library for this phone. */
    private fun <T> inOneLine(what: String, action: () -> T): T = try {
        action()
    } catch (error: ModelException) {
        throw error
    } catch (error: Exception) { // LiteRtException of LiteRT 2 is no RuntimeException.
        throw ModelException("${info.name}: $what Received: ${firstLine(error)}", error)
    } catch (error: LinkageError) {
        throw ModelException("${info.name}: $what Received: ${firstLine(error)}", error)
    }
}

private fun inputBuffer(info: TensorInfo): ByteBuffer =
    ByteBuffer.allocateDirect(info.elements * info.type.bytes).order(ByteOrder.nativeOrder())
