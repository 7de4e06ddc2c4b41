package org.dfnet.app.model

import com.google.ai.edge.litert.CompiledModel
import java.io.File

internal fun contentOf(file: File) = ModelContent(file.length()) { CompiledModel.create(file.path, it) }
