package org.dfnet.core

import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import org.junit.Assert.assertTrue

/** A frame that counts how often it is closed. */
class FakeFrame(val number: Int) : AutoCloseable {
    private val closes = AtomicInteger()
    val timesClosed: Int get() = closes.get()

    override fun close() {
        closes.incrementAndGet()
    }
}

/** A network that gives the number of the frame it read, and notes in `log` what is done to it. */
open class FakeNetwork(override val name: String, private val log: MutableCollection<String>) :
    FrameNetwork<FakeFrame, Int> {
    private var last = -1

    init {
        log += "open $name"
    }

    override fun read(frame: FakeFrame) {
        check(frame.timesClosed == 0) { "Read a closed frame: ${frame.number}." }
        last = frame.number
        log += "read ${frame.number}"
    }

    override fun run(): Int? {
        log += "run $last"
        return last
    }

    override fun forget() {
        log += "forget"
    }

    override fun close() {
        log += "close $name"
    }
}

/** What a loop told, to be waited for. */
class FakeListener : FrameListener<Int> {
    val results = LinkedBlockingQueue<Int>()
    val problems = LinkedBlockingQueue<String>()

    override fun onResult(result: Int, network: String, pace: Pace) {
        results += result
    }

    override fun onProblem(line: String) {
        problems += line
    }
}

/** Waits for what another thread does; fails where that thread is stuck. */
fun <T> LinkedBlockingQueue<T>.next(): T = checkNotNull(poll(STUCK_SECONDS, TimeUnit.SECONDS)) { "Nothing came." }

fun CountDownLatch.awaitOrFail() = assertTrue("Nothing came.", await(STUCK_SECONDS, TimeUnit.SECONDS))

/** Returns when the thread waits for another one. */
fun Thread.awaitWaiting() {
    while (state != Thread.State.WAITING) assertTrue("The thread did not wait.", isAlive)
}

fun Thread.joinOrFail() {
    join(TimeUnit.SECONDS.toMillis(STUCK_SECONDS))
    assertTrue("The thread did not end.", !isAlive)
}

private const val STUCK_SECONDS = 20L
