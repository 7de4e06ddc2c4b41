"""Distributed step: all-reduces losses and gradients, and decides jointly whether to apply them.

`tf.distribute` runs the step in each replica; on one device there is one replica. Functions import
TensorFlow themselves, because the model also runs on other backends.
"""

from typing import Any

import keras


def apply_sums(optimizer, variables, losses: dict[str, Any], gradients) -> tuple[dict, Any, Any]:
    """Sums losses and gradients over the replicas and applies them if all sums are finite.

    All replicas see the same sums and make the same decision. A skipped step changes no weight and
    no moment, but counts as an iteration of the optimizer, because iterations number the batches.
    Keras differs: there each replica clips its own gradients, and with a scaled loss also checks
    only its own gradients.

    Args:
      optimizer: a Keras optimizer, plain or in a LossScaleOptimizer. With several replicas, it must
        not sum gradients itself.
      variables: the variables that the optimizer changes.
      losses: this replica's scalar shares of the losses, by name.
      gradients: the gradients of this replica's share by `variables`, scaled by
        `optimizer.scale_loss`.

    Returns:
      the summed losses; whether the step was applied; and whether it counts as skipped. A step does
      not count as skipped if a scaled loss overflows float16 and the scale can still be halved.
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

    replica.merge_call(update, args=(applied, gradients))  # `tf.cond` must not run per replica.
    return dict(zip(losses, tf.unstack(totals), strict=True)), applied, skipped


def _update(strategy, optimizer, variables, applied, gradients) -> None:
    """Applies the gradients or only counts the step; adapts the loss scale if there is one."""
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
    """Keras's rule: halves the scale on overflow, doubles it after enough steps without one."""
    import tensorflow as tf

    steps = tf.where(finite, optimizer.step_counter.value + 1, 0)
    grows = steps == optimizer.dynamic_growth_steps
    factor = tf.where(finite, tf.where(grows, 2.0, 1.0), 0.5)
    optimizer.dynamic_scale.assign(optimizer.dynamic_scale.value * factor)
    optimizer.step_counter.assign(tf.where(grows, tf.zeros_like(steps), steps))


def several_workers(model: keras.Model) -> bool:
    """True if several processes train a model on TensorFlow."""
    import tensorflow as tf

    return isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy)


def train_function(model: keras.Model):
    """Returns the step function of `model.fit` for several workers: iterator -> logs.

    Keras 3.15's own function averages the logged scalars over an axis they do not have (Keras issue
    20585). The logs are sums over the global batch and so the same on every replica.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def step(iterator):
        strategy = model.distribute_strategy
        logs = strategy.run(model.train_step, (next(iterator),))
        return {k: strategy.experimental_local_results(v)[0] for k, v in logs.items()}

    return step


class _OfOneReplica:
    """A metric that is equal on all replicas and is kept on the first one only.

    Keras sums its metrics over all replicas when one is read. A worker that writes a checkpoint
    alone would wait forever for the other workers.
    """

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        del aggregation
        return super().add_variable(shape, initializer, dtype, "only_first_replica", name)


class Mean(_OfOneReplica, keras.metrics.Mean):
    """An average over steps."""


class Sum(_OfOneReplica, keras.metrics.Sum):
    """A sum over steps."""
