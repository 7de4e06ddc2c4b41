package org.dfnet.core

import org.junit.Assert.assertEquals
import org.junit.Test

class CameraMountTest {
    private val quarters = 0..3

    @Test
    fun `a phone's main camera lies on its side, and is upright when the phone is turned to the left`() {
        assertEquals(listOf(90, 0, 270, 180), quarters.map(CameraMount(90, facesUser = false)::clockwiseToUpright))
    }

    @Test
    fun `a camera that faces the user turns the other way`() {
        assertEquals(listOf(270, 0, 90, 180), quarters.map(CameraMount(270, facesUser = true)::clockwiseToUpright))
    }

    @Test
    fun `every mount gives a turn that pictures can be turned by`() {
        for (sensor in 0..270 step 90) {
            for (facesUser in listOf(false, true)) {
                val turns = quarters.map(CameraMount(sensor, facesUser)::clockwiseToUpright)
                assertEquals(setOf(0, 90, 180, 270), turns.toSet())
                assertEquals(sensor, turns.first())
            }
        }
    }
}
