package org.dfnet.app.model

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder

internal fun contentOf(file: File): ModelContent = file.readBytes().let {
    ByteBuffer.allocateDirect(it.size).order(ByteOrder.nativeOrder()).put(it).apply { rewind() }
}
