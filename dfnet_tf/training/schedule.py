"""The optimizer and its learning rate, on any backend."""

import keras

from dfnet_tf.config import TrainingConfig
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.training.averaging import AveragingAdam


def compile_model(model: DFNet) -> None:
    """Gives a built model its optimizer: Adam, the gradient of each variable clipped to a norm.

    Under mixed_float16 Keras wraps it into one that scales the loss.
    """
    training = model.config.training
    optimizer = AveragingAdam(
        learning_rate(training),
        clipnorm=training.clip_norm,
        average_momentum=training.average_momentum,
    )
    model.compile(optimizer=optimizer)
    model.optimizer.build(model.trainable_variables)  # Its state can be restored before a step.


def learning_rate(training: TrainingConfig):
    """The configured rate, halved at the configured steps."""
    if not training.halve_at:
        return training.learning_rate
    rates = [training.learning_rate * 0.5**i for i in range(len(training.halve_at) + 1)]
    return keras.optimizers.schedules.PiecewiseConstantDecay(list(training.halve_at), rates)
