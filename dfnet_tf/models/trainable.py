"""TrainableModel: the training step, on any number of replicas, for a loss with named terms."""

from typing import Any

import keras

from dfnet_tf.models import distributed_step


class TrainableModel(keras.Model):
    """A Keras model trained by `loss_terms`, on one device or several.

    Subclasses call `track(terms)` in their constructor and define `loss_terms`.

    Args:
      jit_loss: compile the loss and its gradient with XLA.
      **kwargs: arguments of `keras.Model`.
    """

    def __init__(self, jit_loss: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.jit_loss = jit_loss

    def track(self, terms: tuple[str, ...]) -> None:
        """Creates a running average of the loss and of each of its terms."""
        self.loss_tracker = distributed_step.Mean(name="loss")
        self.term_trackers = [distributed_step.Mean(name=name) for name in terms]
        self.skipped_steps = distributed_step.Sum(name="skipped_steps")  # In the current epoch.

    def loss_terms(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """Returns the total loss of these predictions, and its terms by name."""
        raise NotImplementedError

    def gradients_to_apply(self, gradients: list) -> list:
        """The gradients to apply; subclasses may set some to zero."""
        return gradients

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Called by Keras's own training step on other backends; updates the averages too."""
        del y, sample_weight, training  # The batch holds everything.
        total, terms = self.loss_terms(x, y_pred)
        self._update_averages({"loss": total, **terms})
        return total

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Keras's metrics without its own loss average, which sums over replicas."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]

    def train_step(self, *args):
        """One step on `args[0]`, (batch,): this replica's part of a global batch.

        See `distributed_step.apply_sums`. A step with NaN or infinity in its losses or gradients is
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
        """Uses our own function for several workers, where Keras 3.15's fails."""
        if keras.backend.backend() == "tensorflow" and distributed_step.several_workers(self):
            self.train_function = distributed_step.train_function(self)
            return self.train_function
        return super().make_train_function(force)

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Skips Keras's symbolic build once built: it consumes a batch, and fails on workers."""
        if not self.built:
            super()._maybe_symbolic_build(*args, **kwargs)

    def _loss_and_gradient(self, batch, predictions, scale=1.0):
        """Returns the loss, its terms, and the gradient of `scale` * loss by every prediction.

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
