package org.dfnet.app.model

/** A model that cannot be used; [message] is one line for the user. */
class ModelException(override val message: String, cause: Throwable? = null) : Exception(message, cause)

/** What went wrong, without the lines that a runtime appends. */
internal fun firstLine(error: Throwable): String =
    error.message?.lineSequence()?.firstOrNull { it.isNotBlank() } ?: error.javaClass.simpleName
