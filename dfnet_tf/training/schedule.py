"""The optimizer and its learning rate, on any backend."""

import keras

from dfnet_tf.config import TrainingConfig
from dfnet_tf.model import DFNet


@keras.saving.register_keras_serializable("dfnet")
class SummedAdam(keras.optimizers.Adam):
    """Adam for gradients that are sums over the replicas already; see `replicas.apply_sums`.

    Keras's own adds up what each replica has clipped: not the clipped gradient of the batch.
    """

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars


def compile_model(model: DFNet) -> None:
    """Gives a built model its optimizer: Adam, the gradient of each variable clipped to a norm.

    Under mixed_float16 Keras wraps it into one that scales the loss.
    """
    training = model.config.training
    model.compile(optimizer=SummedAdam(learning_rate(training), clipnorm=training.clip_norm))
    model.optimizer.build(model.trainable_variables)  # Its state can be restored before a step.


def learning_rate(training: TrainingConfig):
    """The configured rate, halved at the configured steps."""
    if not training.halve_at:
        return training.learning_rate
    rates = [training.learning_rate * 0.5**i for i in range(len(training.halve_at) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(list(training.halve_at), rates)
