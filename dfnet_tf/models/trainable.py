"""TrainableModel: the training step of a model whose loss has named terms, on any replicas."""

from typing import Any

import keras

from dfnet_tf.models import distributed_step


class TrainableModel(keras.Model):
    """A Keras model that is trained by `loss_terms`, on one device or several.

    Subclasses call `track(terms)` in their constructor and define `loss_terms`.

    Args:
      jit_loss: compile the loss together with its gradient by XLA.
      **kwargs: those of `keras.Model`.
    """

    def __init__(self, jit_loss: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.jit_loss = jit_loss

    def track(self, terms: tuple[str, ...]) -> None:
        """Adds an average for the loss and for each of its terms."""
        self.loss_tracker = distributed_step.Mean(name="loss")
        self.term_trackers = [distributed_step.Mean(name=name) for name in terms]
        self.skipped_steps = distributed_step.Sum(name="skipped_steps")  # Of this epoch.

    def loss_terms(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """The total loss of these predictions, and its summands by name."""
        raise NotImplementedError

    def gradients_to_apply(self, gradients: list) -> list:
        """The gradients that the optimizer gets; subclasses may leave some out."""
        return gradients

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Called by Keras's own step on other backends; updates the averages as well."""
        del y, sample_weight, training  # There are no labels.
        total, terms = self.loss_terms(x, y_pred)
        self._update_averages({"loss": total, **terms})
        return total

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Those of Keras without its own average of the loss, which sums over replicas."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]

    def train_step(self, *args):
        """One step on (batch,), this replica's part of a global batch.

        See `distributed_step.apply_sums`. A step whose losses or gradients hold NaN or infinity is
        skipped: it changes no weight, enters no average, and counts in `skipped_steps`. Backends
        other than TensorFlow use Keras's own step.
        """
        if keras.backend.backend() != "tensorflow":
            return super().train_step(*args)
        import tensorflow as tf

        batch, _, _ = keras.utils.unpack_x_y_sample_weight(args[0])
        with tf.GradientTape() as tape:
            predictions = self(batch, training=True)
        outputs = tf.nest.flatten(predictions)
        share = 1.0 / self.distribute_strategy.num_replicas_in_sync
        total, terms, output_gradients = self._loss_and_gradient(
            batch, predictions, tf.convert_to_tensor(self.optimizer.scale_loss(share))
        )
        gradients = tape.gradient(outputs, self.trainable_variables, output_gradients)
        gradients = self.gradients_to_apply(gradients)
        shares = {name: value * share for name, value in {"loss": total, **terms}.items()}
        losses, applied, skipped = distributed_step.apply_sums(
            self.optimizer, self.trainable_variables, shares, gradients
        )
        losses = {name: tf.where(applied, value, 0.0) for name, value in losses.items()}
        self._update_averages(losses, tf.cast(applied, "float32"))
        self.skipped_steps.update_state(skipped)
        return self.get_metrics_result()

    def make_train_function(self, force: bool = False):
        """Keras's function; for several workers our own, because Keras 3.15's fails there."""
        if keras.backend.backend() == "tensorflow" and distributed_step.several_workers(self):
            self.train_function = distributed_step.train_function(self)
            return self.train_function
        return super().make_train_function(force)

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Keras's under a strategy, skipped once built: it takes a batch, and fails on workers."""
        if not self.built:
            super()._maybe_symbolic_build(*args, **kwargs)

    def _loss_and_gradient(self, batch, predictions, scale=1.0):
        """The loss, its terms, and `scale` times the loss's gradient by every prediction.

        The loss consists of thousands of element-wise operations, which XLA fuses. The networks
        stay outside: XLA makes their convolutions slower on a CPU.
        """
        import tensorflow as tf

        @tf.function(jit_compile=self.jit_loss, autograph=False)
        def compute(batch, predictions, scale):
            outputs = tf.nest.flatten(predictions)
            with tf.GradientTape() as tape:
                tape.watch(outputs)
                total, terms = self.loss_terms(batch, predictions)
                scaled = total * scale
            # Predictions without a loss get zeros: a missing gradient would count as ones.
            unconnected = tf.UnconnectedGradients.ZERO
            return total, terms, tape.gradient(scaled, outputs, unconnected_gradients=unconnected)

        return compute(batch, predictions, scale)

    def _update_averages(self, losses, weight=None) -> None:
        for tracker in (self.loss_tracker, *self.term_trackers):
            tracker.update_state(losses[tracker.name], sample_weight=weight)
