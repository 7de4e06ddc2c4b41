package org.dfnet.core

import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** Time in nanoseconds from some beginning. No lambda: its number would be boxed at each frame. */
fun interface Clock {
    fun nanos(): Long
}

/**
 * Runs a network on the latest frame, again and again, on a thread of its own.
 *
 * ```
 * val loop = FrameLoop<CameraFrame, Depth>(listener)  // onCreate
 * loop.use { DepthNetwork(content, info, ...) }       // at any time, again to switch
 * Thread(loop, "frames").start()
 * loop.frames.offer(frame)                            // the camera's thread
 * loop.pause(); camera.close()                        // onPause
 * loop.resume(); camera.open()                        // onResume
 * loop.release()                                      // onTrimMemory
 * loop.stop()                                         // onDestroy
 * ```
 *
 * Every frame offered is closed once, whatever happens: a newer one comes, the loop pauses or ends,
 * there is no network, or it fails. It is closed as soon as the network has read it, before the long
 * computation, so that the camera has its buffer back. Any thread may call anything but [run].
 */
class FrameLoop<F : AutoCloseable, R>(
    private val listener: FrameListener<R>,
    private val clock: Clock = Clock(System::nanoTime),
) : Runnable {
    /** Where the source leaves its frames. */
    val frames = LatestFrame<F>()

    private val opener = AtomicReference<(() -> FrameNetwork<F, R>)?>()
    private val outdated = AtomicBoolean() // The open network is to be closed.
    private val interrupted = AtomicBoolean() // The next frame does not follow the last one.
    private val reading = ReentrantLock() // Held while a network reads a frame.

    @Volatile private var paused = false

    @Volatile private var stopped = false

    // Of the loop's thread alone:
    private var network: FrameNetwork<F, R>? = null
    private val pace = Pace()
    private var lastProblem: String? = null

    /** Computes with `open()` from the next frame on; opened on the loop's thread, after the one before is closed. */
    fun use(open: () -> FrameNetwork<F, R>) {
        opener.set(open)
        release()
    }

    /** Closes the network to free its memory; the next frame opens it again. */
    fun release() {
        outdated.set(true)
        frames.wake()
    }

    /** Once this has returned no frame is read, none waits and none is taken: the camera may be closed. */
    fun pause() {
        paused = true
        frames.shut()
        reading.withLock {}
    }

    /** Goes on with the frames offered from now on. */
    fun resume() {
        interrupted.set(true)
        paused = false
        frames.open()
    }

    /** As [pause], and ends the loop for good; the computation in hand is the last and is not shown. */
    fun stop() {
        stopped = true
        frames.close()
        reading.withLock {}
    }

    override fun run() {
        try {
            while (!stopped) turn()
        } finally {
            frames.close()
            closeNetwork()
        }
    }

    private fun turn() {
        val frame = frames.take()
        if (outdated.getAndSet(false)) closeNetwork()
        if (frame == null) return
        val result = try {
            compute(frame)
        } catch (error: Exception) {
            tell(error)
        } catch (error: OutOfMemoryError) {
            opener.set(null) // Again and again it would fail again.
            closeNetwork()
            tell(error)
        }
        if (result != null && !stopped && !paused) listener.onResult(result, network!!.name, pace)
    }

    /** Null if there is nothing to show. Closes the frame in any case. */
    private fun compute(frame: F): R? {
        val reader = frame.use { read(it) } ?: return null
        val begin = clock.nanos()
        val result = reader.run()
        lastProblem = null
        if (result != null) pace.add(begin, clock.nanos())
        return result
    }

    /** The network that has read the frame; null if it is not to be read. */
    private fun read(frame: F): FrameNetwork<F, R>? {
        if (paused || stopped) return null
        val reader = network ?: opened() ?: return null
        reading.withLock {
            if (paused || stopped) return null
            if (interrupted.getAndSet(false)) {
                reader.forget()
                pace.restart()
            }
            reader.read(frame)
        }
        return reader
    }

    private fun opened(): FrameNetwork<F, R>? {
        val open = opener.get() ?: return null
        try {
            return open().also { network = it }
        } catch (error: Exception) {
            opener.compareAndSet(open, null) // Not once more with each frame.
            throw error
        }
    }

    private fun closeNetwork() {
        val closing = network
        network = null
        pace.restart()
        lastProblem = null
        closing?.close()
    }

    private fun tell(error: Throwable): Nothing? {
        val line = error.message ?: error.toString()
        if (line != lastProblem) listener.onProblem(line)
        lastProblem = line
        return null
    }
}
