package org.dfnet.core

import java.util.Collections
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import kotlin.concurrent.thread
import kotlin.random.Random
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

class FrameLoopTest {
    private val log = Collections.synchronizedList(mutableListOf<String>())
    private val listener = FakeListener()
    private val loop = FrameLoop<FakeFrame, Int>(listener)
    private val worker = thread(start = false, block = loop::run)
    private val offered = Collections.synchronizedList(mutableListOf<FakeFrame>())

    @After
    fun `no frame is left open or closed twice`() {
        loop.stop()
        worker.joinOrFail()
        offer(-1)
        assertEquals(offered.map { 1 }, offered.map { it.timesClosed })
    }

    @Test
    fun `a frame that came while the network computed is the next only if it is the newest`() {
        val gate = Gate()
        loop.use { GatedNetwork(gate) }
        worker.start()
        offer(0)
        gate.entered.next()
        (1..3).forEach(::offer)
        gate.open()
        assertEquals(listOf(0, 3), List(2) { listener.results.next() })
        assertEquals(2, loop.frames.dropped)
    }

    @Test
    fun `a frame is closed before the long computation`() {
        val gate = Gate()
        loop.use { GatedNetwork(gate) }
        worker.start()
        val frame = offer(0)
        gate.entered.next()
        assertEquals(1, frame.timesClosed)
        gate.open()
    }

    @Test
    fun `another network is opened after the one before has run and is closed`() {
        val gate = Gate()
        loop.use { GatedNetwork(gate) }
        worker.start()
        offer(0)
        gate.entered.next()
        loop.use { FakeNetwork("other", log) }
        offer(1)
        gate.open()
        assertEquals(listOf(0, 1), List(2) { listener.results.next() })
        stopped()
        assertEquals(
            listOf("open gated", "read 0", "run 0", "close gated", "open other", "read 1", "run 1", "close other"),
            log,
        )
    }

    @Test
    fun `a network is opened, used and closed on the loop's thread`() {
        val threads = Collections.synchronizedSet(mutableSetOf<Thread>())
        loop.use {
            object : FakeNetwork("one", log) {
                init { threads += Thread.currentThread() }
                override fun run() = super.run().also { threads += Thread.currentThread() }
                override fun close() { threads += Thread.currentThread() }
            }
        }
        worker.start()
        offer(0)
        listener.results.next()
        stopped()
        assertEquals(setOf(worker), threads)
    }

    @Test
    fun `a failure that lasts is told once, and again after a success`() {
        loop.use {
            object : FakeNetwork("failing", log) {
                override fun run() = super.run().also { check(it == 2) { "It fails." } }
            }
        }
        worker.start()
        listOf(0, 1).forEach { offerAndWait(it) }
        offer(2)
        assertEquals(2, listener.results.next())
        assertEquals("It fails.", listener.problems.next())
        assertNull(listener.problems.poll())
        offer(3)
        assertEquals("It fails.", listener.problems.next())
    }

    @Test
    fun `a network that cannot be opened is told once, and another one works`() {
        var attempts = 0
        loop.use { throw IllegalArgumentException("No such model ${attempts++}.") }
        worker.start()
        offer(0)
        assertEquals("No such model 0.", listener.problems.next())
        offerAndWait(1)
        assertEquals(1, attempts)
        loop.use { FakeNetwork("good", log) }
        offer(2)
        assertEquals(2, listener.results.next())
        assertNull(listener.problems.poll())
    }

    @Test
    fun `a network for which memory is lacking is closed and not opened again`() {
        loop.use {
            object : FakeNetwork("large", log) {
                override fun run(): Int? = throw OutOfMemoryError("Too large.")
            }
        }
        worker.start()
        offer(0)
        assertEquals("Too large.", listener.problems.next())
        offerAndWait(1)
        assertEquals(listOf("open large", "read 0", "close large"), log)
    }

    @Test
    fun `no frame is read in a pause, and the first one after it does not follow the last before`() {
        loop.use { FakeNetwork("one", log) }
        worker.start()
        offer(0)
        listener.results.next()
        loop.pause()
        offerAndWait(1)
        loop.resume()
        offer(2)
        assertEquals(2, listener.results.next())
        assertEquals(listOf("open one", "read 0", "run 0", "forget", "read 2", "run 2"), log)
    }

    @Test
    fun `no network is opened in a pause`() {
        loop.use { FakeNetwork("one", log) }
        worker.start()
        loop.pause()
        offerAndWait(0)
        assertEquals(emptyList<String>(), log)
        loop.resume()
        offer(1)
        assertEquals(1, listener.results.next())
    }

    @Test
    fun `pause waits until the frame in hand has been read, then the camera may close`() {
        val reading = CountDownLatch(1)
        val goOn = CountDownLatch(1)
        loop.use {
            object : FakeNetwork("slow reader", log) {
                override fun read(frame: FakeFrame) {
                    reading.countDown()
                    goOn.awaitOrFail()
                    super.read(frame)
                }
            }
        }
        worker.start()
        offer(0)
        reading.awaitOrFail()
        val pausing = thread { loop.pause(); log += "paused" }
        pausing.awaitWaiting()
        goOn.countDown()
        pausing.joinOrFail()
        assertTrue(log.indexOf("read 0") in 0 until log.indexOf("paused"))
    }

    @Test
    fun `a pause does not wait for the long computation`() {
        val gate = Gate()
        loop.use { GatedNetwork(gate) }
        worker.start()
        offer(0)
        gate.entered.next()
        loop.pause()
        assertTrue(listener.results.isEmpty())
        gate.open()
        loop.stop()
        worker.joinOrFail()
        assertTrue(listener.results.isEmpty())
    }

    @Test
    fun `what is computed when the loop is stopped is the last and is not shown`() {
        val gate = Gate()
        loop.use { GatedNetwork(gate) }
        worker.start()
        offer(0)
        gate.entered.next()
        offer(1)
        loop.stop()
        gate.open()
        worker.joinOrFail()
        assertTrue(listener.results.isEmpty())
        assertEquals(listOf("open gated", "read 0", "run 0", "close gated"), log)
    }

    @Test
    fun `release closes the network at once and the next frame opens it again`() {
        val closed = CountDownLatch(1)
        loop.use {
            object : FakeNetwork("one", log) {
                override fun close() = super.close().also { closed.countDown() }
            }
        }
        worker.start()
        offer(0)
        listener.results.next()
        loop.release()
        closed.awaitOrFail()
        offer(1)
        assertEquals(1, listener.results.next())
        assertEquals(listOf("open one", "read 0", "run 0", "close one", "open one", "read 1", "run 1"), log)
    }

    @Test
    fun `whatever happens at whatever time, each frame is closed once and each network too`() {
        val random = Random(0)
        loop.use { UnreliableNetwork() }
        worker.start()
        repeat(3000) {
            when (random.nextInt(20)) {
                0 -> loop.use { UnreliableNetwork() }
                1 -> loop.pause()
                2, 3 -> loop.resume()
                4 -> loop.release()
                5 -> loop.use { error("It cannot be opened.") }
                else -> offer(it)
            }
            if (random.nextInt(4) == 0) Thread.yield()
        }
        stopped()
        assertTrue(listener.results.isNotEmpty())
        assertEquals(log.count { it.startsWith("open") }, log.count { it.startsWith("close") })
    }

    private fun offer(number: Int): FakeFrame = FakeFrame(number).also {
        offered += it
        loop.frames.offer(it)
    }

    /** Returns when the loop has read the frame or dropped it: the next one does not replace it. */
    private fun offerAndWait(number: Int) {
        val frame = offer(number)
        while (frame.timesClosed == 0) Thread.yield()
    }

    private fun stopped() {
        loop.stop()
        worker.joinOrFail()
    }

    private class Gate {
        val entered = LinkedBlockingQueue<Unit>()
        private val opened = CountDownLatch(1)

        fun open() = opened.countDown()

        fun pass() {
            entered += Unit
            opened.awaitOrFail()
        }
    }

    private inner class GatedNetwork(private val gate: Gate) : FakeNetwork("gated", log) {
        override fun run() = super.run().also { gate.pass() }
    }

    private inner class UnreliableNetwork : FakeNetwork("unreliable", log) {
        override fun read(frame: FakeFrame) {
            if (frame.number % 7 == 0) error("It cannot read.")
            super.read(frame)
        }

        override fun run(): Int? {
            if (log.size % 5 == 0) error("It cannot compute.")
            return super.run().takeIf { log.size % 3 != 0 }
        }
    }
}
