package com.google.ai.edge.litert

/** Not a RuntimeException, as in the real library. */
class LiteRtException(message: String) : Exception(message)
