package org.dfnet.core

/** Who is told what a [FrameLoop] did; called on the loop's thread. */
interface FrameListener<in R> {
    /** A result, valid during this call only: its arrays are used again. Draw it, then return. */
    fun onResult(result: R, network: String, pace: Pace)

    /**
     * One line for the user: a network cannot be opened, or fails on a frame.
     *
     * A failure that lasts is told once, not at each frame.
     */
    fun onProblem(line: String)
}
