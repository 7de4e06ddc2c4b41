package org.dfnet.core

/** A place in a picture, in pixels; the centre of the top-left pixel is (0, 0). */
data class Point(val x: Float, val y: Float)
