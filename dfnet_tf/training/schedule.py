"""The optimizer and its learning rate, on any backend."""

import keras

from dfnet_tf.config import TrainingConfig
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.training.averaging import AveragingAdam


def compile_model(model: DFNet) -> None:
    """Compiles a built model with Adam, which clips the gradient of each variable to a norm.

    With mixed_float16, Keras wraps the optimizer into one that scales the loss.
    """
    training = model.config.training
    optimizer = AveragingAdam(
        learning_rate(training),
        clipnorm=training.clip_norm,
        average_momentum=training.average_momentum,
    )
    model.compile(optimizer=optimizer)
    model.optimizer.build(model.trainable_variables)  # So that its state can be restored now.


def learning_rate(training: TrainingConfig):
    """The configured learning rate, halved at the configured steps."""
    if not training.halve_at:
        return training.learning_rate
    rates = [training.learning_rate * 0.5**i for i in range(len(training.halve_at) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(list(training.halve_at), rates)
