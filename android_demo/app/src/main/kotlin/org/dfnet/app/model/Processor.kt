package org.dfnet.app.model

/** What can compute a model, in the order in which the app asks. */
enum class Processor { NPU, GPU, CPU }

/**
 * Opens a network on the first processor that does not refuse it.
 *
 * @param refused is called for each processor that refuses, except the last one.
 * @throws ModelException the last processor refuses, too.
 */
fun <T> openOnFirst(
    processors: List<Processor>,
    refused: (Processor, ModelException) -> Unit,
    open: (Processor) -> T,
): T {
    for (processor in processors.dropLast(1)) {
        try {
            return open(processor)
        } catch (why: ModelException) {
            refused(processor, why)
        }
    }
    return open(processors.last())
}
