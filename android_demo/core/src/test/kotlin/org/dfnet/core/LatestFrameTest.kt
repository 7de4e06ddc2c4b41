package org.dfnet.core

import java.util.concurrent.LinkedBlockingQueue
import kotlin.concurrent.thread
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Test

class LatestFrameTest {
    private val slot = LatestFrame<FakeFrame>()

    @Test
    fun `the newest frame wins and the others are closed`() {
        val frames = List(3, ::FakeFrame).onEach(slot::offer)
        assertSame(frames[2], slot.take())
        assertEquals(listOf(1, 1, 0), frames.map { it.timesClosed })
        assertEquals(listOf(3L, 1L, 2L), listOf(slot.offered, slot.taken, slot.dropped))
    }

    @Test
    fun `take waits for a frame`() {
        val taken = LinkedBlockingQueue<FakeFrame>()
        val taker = thread { taken.add(slot.take()) }
        taker.awaitWaiting()
        val frame = FakeFrame(0)
        slot.offer(frame)
        assertSame(frame, taken.next())
        taker.joinOrFail()
    }

    @Test
    fun `wake ends one wait without a frame`() {
        slot.wake()
        assertNull(slot.take())
        val frame = FakeFrame(0).also(slot::offer)
        assertSame(frame, slot.take())
    }

    @Test
    fun `a frame that waits is taken by the waking call`() {
        val frame = FakeFrame(0).also(slot::offer)
        slot.wake()
        assertSame(frame, slot.take())
    }

    @Test
    fun `a shut slot closes what waits and what is offered, until it is open`() {
        val frames = List(3, ::FakeFrame)
        slot.offer(frames[0])
        slot.shut()
        slot.offer(frames[1])
        slot.open()
        slot.offer(frames[2])
        assertEquals(listOf(1, 1, 0), frames.map { it.timesClosed })
        assertSame(frames[2], slot.take())
    }

    @Test
    fun `a closed slot closes all that is offered and gives none`() {
        val frames = List(3, ::FakeFrame)
        slot.offer(frames[0])
        slot.close()
        slot.close()
        slot.offer(frames[1])
        slot.offer(frames[2])
        assertNull(slot.take())
        assertEquals(listOf(1, 1, 1), frames.map { it.timesClosed })
    }

    @Test
    fun `each frame of many threads is closed once`() {
        val frames = List(4) { maker -> List(500) { FakeFrame(maker * 500 + it) } }
        val taker = thread { generateSequence { slot.take() }.forEach(FakeFrame::close) }
        frames.map { mine -> thread { mine.forEach(slot::offer) } }.forEach { it.joinOrFail() }
        slot.close()
        taker.joinOrFail()
        assertEquals(List(2000) { 1 }, frames.flatten().map { it.timesClosed })
        assertEquals(2000L, slot.taken + slot.dropped)
    }
}
