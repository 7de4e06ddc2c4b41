"""One step of training on all replicas alike: what they sum, decide together, and count once.

`tf.distribute` runs the step in each replica; on one device there is one replica. TensorFlow is
imported where it is needed: the model runs on other backends too.
"""

from typing import Any

import keras


def apply_sums(optimizer, variables, losses: dict[str, Any], gradients) -> tuple[dict, Any, Any]:
    """Sums over the replicas and, where all sums are finite, lets the optimizer apply them.

    All see the same sums, so all decide alike. A step that is left out changes no weight and no
    moment, but counts among the optimizer's iterations, by which batches are numbered. Keras's own
    way differs: there each replica clips, and with a scaled loss also judges, its share alone.

    Args:
      optimizer: of Keras, plain or in a LossScaleOptimizer; on several replicas, one that does not
        sum gradients itself.
      variables: what it changes.
      losses: this replica's scalar shares of the losses, by name.
      gradients: of its share, scaled by `optimizer.scale_loss`, by `variables`.

    Returns:
      the sums of the losses; whether the step was applied; and whether it counts as skipped: not
      while a scaled loss overflows float16 and the scale can still be halved.
    """
    import tensorflow as tf

    replica, scale = tf.distribute.get_replica_context(), optimizer.scale_loss(1.0)
    sums = replica.all_reduce("SUM", [tf.stack(list(losses.values())), *gradients])
    totals, gradients = sums[0], [gradient / scale for gradient in sums[1:]]
    loss_finite = tf.reduce_all(tf.math.is_finite(totals))
    gradients_finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in gradients])
    applied = loss_finite & gradients_finite
    skipped = ~loss_finite | (~gradients_finite & (scale <= 1.0))

    def update(strategy, applied, gradients):
        (applied, *_) = strategy.experimental_local_results(applied)
        _update(strategy, optimizer, variables, applied, gradients)

    replica.merge_call(update, args=(applied, gradients))  # No replica alone may branch.
    return dict(zip(losses, tf.unstack(totals), strict=True)), applied, skipped


def _update(strategy, optimizer, variables, applied, gradients) -> None:
    """Applies the gradients or only counts the step; adapts the loss scale, if there is one."""
    import tensorflow as tf

    inner = getattr(optimizer, "inner_optimizer", optimizer)

    def apply() -> None:
        strategy.extended.call_for_each_replica(inner.apply, args=(gradients, variables))

    def skip() -> None:
        inner.iterations.assign_add(1)

    tf.cond(applied, apply, skip)
    if inner is not optimizer:
        _adapt_loss_scale(optimizer, applied)


def _adapt_loss_scale(optimizer: keras.optimizers.LossScaleOptimizer, finite) -> None:
    """Keras's rule: half of it after an overflow, twice after so many steps without one."""
    import tensorflow as tf

    steps = tf.where(finite, optimizer.step_counter.value + 1, 0)
    grows = steps == optimizer.dynamic_growth_steps
    factor = tf.where(finite, tf.where(grows, 2.0, 1.0), 0.5)
    optimizer.dynamic_scale.assign(optimizer.dynamic_scale.value * factor)
    optimizer.step_counter.assign(tf.where(grows, tf.zeros_like(steps), steps))


def several_workers(model: keras.Model) -> bool:
    """Whether a model on TensorFlow is trained by several processes."""
    import tensorflow as tf

    return isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)


def train_function(model: keras.Model):
    """A step of `model.fit` for several workers: iterator -> logs.

    Keras 3.15's own averages the logged scalars over an axis that they lack (its #20585). As they
    are of the global batch, every replica's are the same.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def step(iterator):
        strategy = model.distribute_strategy
        logs = strategy.run(model.train_step, (next(iterator),))
        return {k: strategy.experimental_local_results(v)[0] for k, v in logs.items()}

    return step


class _OfOneReplica:
    """A metric of what all replicas know alike: one tells it, and no other need be asked.

    Keras's metrics add up all replicas' when read, wherever that is: a worker that writes a
    checkpoint would wait for ever for the others, which do not.
    """

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        del aggregation
        return super().add_variable(shape, initializer, dtype, "only_first_replica", name)


class Mean(_OfOneReplica, keras.metrics.Mean):
    """An average over steps."""


class Sum(_OfOneReplica, keras.metrics.Sum):
    """A sum over steps."""
