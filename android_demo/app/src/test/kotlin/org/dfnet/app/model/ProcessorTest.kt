package org.dfnet.app.model

import org.junit.Assert.assertEquals
import org.junit.Assert.assertSame
import org.junit.Assert.assertThrows
import org.junit.Test

class ProcessorTest {
    private val asked = mutableListOf<Processor>()
    private val told = mutableListOf<String>()

    @Test
    fun `the first that takes the model opens it, and no other is asked`() {
        assertEquals(Processor.GPU, open(taking = setOf(Processor.GPU, Processor.CPU)))
        assertEquals(listOf(Processor.NPU, Processor.GPU), asked)
        assertEquals(listOf("NPU: no NPU"), told)
    }

    @Test
    fun `if all refuse, the last one's reason is thrown and the others' are told`() {
        assertEquals("no CPU", assertThrows(ModelException::class.java) { open(taking = emptySet()) }.message)
        assertEquals(listOf("NPU: no NPU", "GPU: no GPU"), told)
    }

    @Test
    fun `what is no refusal is not hidden`() {
        val defect = IllegalStateException()
        val thrown = assertThrows(IllegalStateException::class.java) {
            openOnFirst(Processor.values().asList(), { _, _ -> }) { throw defect }
        }
        assertSame(defect, thrown)
    }

    private fun open(taking: Set<Processor>): Processor =
        openOnFirst(Processor.values().asList(), { processor, why -> told += "$processor: ${why.message}" }) {
            asked += it
            if (it !in taking) throw ModelException("no $it")
            it
        }
}
