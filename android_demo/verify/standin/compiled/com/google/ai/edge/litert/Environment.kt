package com.google.ai.edge.litert

import android.content.Context

/** What all models of a process share; nothing, on a computer. */
class Environment private constructor() : AutoCloseable {
    override fun close() = Unit

    companion object {
        fun create(): Environment = Environment()

        @Suppress("UNUSED_PARAMETER")
        fun create(context: Context, npuAcceleratorProvider: BuiltinNpuAcceleratorProvider): Environment = Environment()
    }
}

/** Knows whether the phone has an NPU that LiteRT can use. */
@Suppress("UNUSED_PARAMETER")
class BuiltinNpuAcceleratorProvider(context: Context) {
    fun isDeviceSupported(): Boolean = false
}
