"""Training in several processes: which one writes, whether all agree, and lost workers.

One worker, the chief, reads and writes the run's folder. The others get its state and need not see
that folder. All workers read the clips. With one process, these functions do nothing.
"""

import contextlib
import zlib
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

# Errors of a sum over the workers when one is lost.
LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


class WorkersError(ValueError):
    """Workers with different settings or data, or a lost worker."""


def count(strategy: tf.distribute.Strategy) -> int:
    """The number of processes that train together."""
    resolver = strategy.cluster_resolver
    return 1 if resolver is None else sum(map(len, resolver.cluster_spec().as_dict().values()))


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """True in the process that reads and writes the run's folder."""
    resolver = strategy.cluster_resolver
    if resolver is None:
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def check_same(strategy: tf.distribute.Strategy, **facts: Callable[[], str]) -> None:
    """Raises WorkersError, in every worker, if a fact differs between the workers.

    With one process the facts are not computed: the fingerprint of the clips reads many files.
    """
    if count(strategy) == 1:
        return
    checksums = tf.constant([zlib.crc32(fact().encode()) for fact in facts.values()], "float64")

    def row(rank):
        """This replica's row of a table that is zero elsewhere."""
        mine = tf.one_hot(rank, strategy.num_replicas_in_sync, dtype="float64")
        return [mine[:, None] * checksums]

    (table,) = _sums(strategy, row)
    for name, values in zip(facts, table.numpy().T, strict=True):
        if len(set(values)) > 1:
            raise WorkersError(
                f"Expected the same {name} in every worker. Received: {len(set(values))} different "
                f"ones in {count(strategy)} workers."
            )


def take_chiefs_state(strategy: tf.distribute.Strategy, model: keras.Model) -> int:
    """Copies the chief's weights, optimizer and averages to every worker; returns the step."""
    if count(strategy) > 1:
        variables = [*model.weights, *model.optimizer.variables, *model.metrics_variables]

        def chiefs(rank):
            """The values in the chief's first replica; zeros elsewhere."""
            return [tf.where(rank == 0, variable, 0) for variable in variables]

        for variable, value in zip(variables, _sums(strategy, chiefs), strict=True):
            variable.assign(tf.cast(value, variable.dtype))
    return int(model.optimizer.iterations.numpy())


@contextlib.contextmanager
def lost_ones_told(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Turns TensorFlow's errors about a lost worker into a WorkersError."""
    try:
        yield
    except LOST as error:
        if count(strategy) == 1:
            raise
        raise WorkersError(
            f"Expected answers from all {count(strategy)} workers. Received: none from one worker "
            f"({type(error).__name__}); see its own output. Run the same command in every worker "
            "to continue from the last checkpoint."
        ) from error


def _sums(strategy: tf.distribute.Strategy, of_replica: Callable) -> list[tf.Tensor]:
    """The list `of_replica(rank)`, summed over all replicas, in float64."""

    @tf.function
    def sums():
        def step():
            replica = tf.distribute.get_replica_context()
            values = of_replica(replica.replica_id_in_sync_group)
            return replica.all_reduce("SUM", [tf.cast(value, "float64") for value in values])

        return [strategy.experimental_local_results(value)[0] for value in strategy.run(step)]

    return sums()
