package org.dfnet.core

/**
 * How long a network takes and how many results come in a second, over the last [WINDOW] runs.
 *
 * Used on one thread; allocates nothing after its construction.
 */
class Pace {
    private val latencies = LongArray(WINDOW)
    private val ends = LongArray(WINDOW)
    private val sorted = LongArray(WINDOW)
    private var runs = 0

    private val known: Int get() = minOf(runs, WINDOW)

    /** Median over the window, which one slow run does not move; 0 before the first. */
    val latencyMillis: Double
        get() {
            if (runs == 0) return 0.0
            System.arraycopy(latencies, 0, sorted, 0, known)
            sorted.sort(0, known)
            return sorted[known / 2] / NANOS_PER_MILLI
        }

    /** Mean over the window; 0 before the second result. */
    val framesPerSecond: Double
        get() {
            if (runs < 2) return 0.0
            val span = ends[(runs - 1) % WINDOW] - ends[(runs - known) % WINDOW]
            return if (span > 0) (known - 1) * NANOS_PER_SECOND / span else 0.0
        }

    /** Counts one run, from its beginning to its end in nanoseconds of one clock. */
    fun add(begin: Long, end: Long) {
        latencies[runs % WINDOW] = end - begin
        ends[runs % WINDOW] = end
        runs++
    }

    /** Forgets all runs: after a pause, or for another network. */
    fun restart() {
        runs = 0
    }

    companion object {
        /** An odd number: the median is then one of the runs. */
        const val WINDOW = 31
        private const val NANOS_PER_MILLI = 1e6
        private const val NANOS_PER_SECOND = 1e9
    }
}
