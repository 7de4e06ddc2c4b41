"""The moving average of the weights, which a checkpoint holds as *the* weights.

With few frames a step the last weights are a draw from a cloud around what training has found; the
average is its middle (Polyak and Juditsky, SIAM J. Control Optim., 1992). Training itself goes on
from the last ones, which wait in the optimizer, in the average's place.
"""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

YOUTH = 5  # Of t steps so far about the last t / YOUTH count, until the momentum says fewer.


@keras.saving.register_keras_serializable("dfnet")
class AveragingAdam(keras.optimizers.Adam):
    """Adam that averages the weights, for gradients that are already summed over the replicas.

    Keras's Adam clips on each replica and then sums, which differs from clipping the gradient of
    the batch; see `distributed_step.apply_sums`. Keras's average of the weights includes the random
    weights of the start, which is harmless in long runs only.

    Args:
      average_momentum: in [0, 1); 0: no average.
      **kwargs: Adam's.
    """

    def __init__(self, *args, average_momentum: float = 0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.average_momentum = average_momentum
        self.averages = []

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        if self.average_momentum:
            self.averages = self.add_optimizer_variables(variables, "average")
            for variable, average in zip(variables, self.averages, strict=True):
                average.assign(variable)  # A run may be stopped, and kept, before its first step.

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)
        if self.averages:
            average = self.averages[self._get_variable_index(variable)]
            step = ops.cast(self.iterations, average.dtype)
            momentum = ops.minimum(self.average_momentum, step / (step + YOUTH))
            self.assign(average, variable + momentum * (average - variable))

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars

    def get_config(self):
        return {**super().get_config(), "average_momentum": self.average_momentum}


def exchange(model: keras.Model) -> None:
    """Gives a compiled model its averaged weights, and its optimizer the others; or back, exactly.

    Does nothing for a model whose weights are not averaged.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if optimizer.averages:
        for variable, average in zip(model.trainable_variables, optimizer.averages, strict=True):
            value = variable.numpy()
            variable.assign(average.numpy())
            average.assign(value)


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """While it lasts the model has its averaged weights."""
    exchange(model)
    try:
        yield
    finally:
        exchange(model)
