package org.dfnet.app

import org.dfnet.app.model.ModelInfo

/** A text at a place of the picture, in its pixels; `ringed` marks the place itself, too. */
data class Mark(val x: Float, val y: Float, val text: String, val ringed: Boolean = false)

/** Draws what a network found. It keeps a copy of the last result, to draw it anew; any thread. */
interface ResultPainter<in R> {
    /** Draws a result, whose arrays are used again after this call. At each frame: allocates nothing. */
    fun draw(result: R)

    /** Draws the last result, if there is one, with other settings or for another shape of the screen. */
    fun redraw(settings: Settings, model: ModelInfo?)

    /** Whether the results to come stand each for itself, as pictures of the gallery do, and not for a film. */
    fun expectStills(stills: Boolean) = Unit

    /** Texts for what was drawn last. */
    fun marks(): List<Mark>
}
