package org.dfnet.core

/**
 * A network with the buffers around it, as [FrameLoop] runs it on frames [F] to give results [R].
 *
 * Opened, used and closed on the loop's own thread alone, which a GPU delegate demands.
 */
interface FrameNetwork<in F, out R> : AutoCloseable {
    /** What the screen calls it. */
    val name: String

    /** Copies what it needs of a frame; the loop closes the frame before it calls [run]. */
    fun read(frame: F)

    /**
     * Computes on what was read last. The result's arrays are used again by the next [run].
     *
     * Null if there is nothing to show yet: flow needs two frames.
     */
    fun run(): R?

    /** The next frame does not follow the last one. */
    fun forget()
}
