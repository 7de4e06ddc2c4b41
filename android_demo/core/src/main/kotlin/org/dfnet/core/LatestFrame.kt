package org.dfnet.core

import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * One place for the newest frame, between the thread that makes frames and the one that uses them.
 *
 * A newer frame takes the place of one not yet taken, which is closed: work is never done on an old
 * picture, and a camera with two or three buffers never runs out of them. Every frame offered is
 * either handed out by [take], whose caller closes it, or closed here. Any thread may call anything.
 */
class LatestFrame<F : AutoCloseable> : AutoCloseable {
    private val lock = ReentrantLock()
    private val changed = lock.newCondition()
    private var waiting: F? = null
    private var woken = false
    private var shut = false
    private var closed = false
    private var offeredCount = 0L
    private var takenCount = 0L
    private var droppedCount = 0L

    val offered: Long get() = lock.withLock { offeredCount }
    val taken: Long get() = lock.withLock { takenCount }

    /** Closed here, unused. */
    val dropped: Long get() = lock.withLock { droppedCount }

    /** Leaves the newest frame; never waits. From now on it is ours to close. */
    fun offer(frame: F) {
        val unwanted = lock.withLock {
            offeredCount++
            if (closed || shut) frame else waiting.also { put(frame) }
        }
        discard(unwanted)
    }

    /** Waits for a frame, which the caller closes; null if there is none after [wake] or [close]. */
    fun take(): F? = lock.withLock {
        while (waiting == null && !woken && !closed) changed.awaitUninterruptibly()
        woken = false
        waiting?.also {
            waiting = null
            takenCount++
        }
    }

    /** Ends the present wait in [take], or else the next. */
    fun wake() = lock.withLock {
        woken = true
        changed.signal()
    }

    /** Closes the frame that waits, and each that is offered until [open]. */
    fun shut() = discard(
        lock.withLock {
            shut = true
            waiting.also { waiting = null }
        },
    )

    /** Takes frames again after [shut]. */
    fun open() = lock.withLock { shut = false }

    /** Closes the frame that waits, and from now on each that is offered. */
    override fun close() {
        lock.withLock {
            closed = true
            changed.signal()
        }
        shut()
    }

    private fun put(frame: F) {
        waiting = frame
        changed.signal()
    }

    /** Outside the lock: closing may take long, or call back. */
    private fun discard(frame: F?) {
        if (frame == null) return
        lock.withLock { droppedCount++ }
        frame.close()
    }
}
