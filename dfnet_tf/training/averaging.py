"""The moving average of the weights, which checkpoints store as *the* weights.

With small batches, the last weights scatter around the solution; their average is close to its
middle (Polyak and Juditsky, SIAM J. Control Optim., 1992). Training itself continues from the last
weights. In a checkpoint, the last weights are stored in the optimizer in place of the average.
"""

import contextlib
from collections.abc import Iterator

import keras
from keras import ops

YOUTH = 5  # The average spans about the last t / YOUTH of t steps, until the momentum limits it.


@keras.saving.register_keras_serializable("dfnet")
class AveragingAdam(keras.optimizers.Adam):
    """Adam that averages the weights, for gradients already summed over the replicas.

    Keras's Adam clips on each replica and then sums, which differs from clipping the gradient of
    the whole batch; see `distributed_step.apply_sums`. Keras's average of the weights includes the
    random initial weights, which is harmless only in long runs.

    Args:
      average_momentum: in [0, 1); 0: no average.
      **kwargs: arguments of Adam.
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
                average.assign(variable)  # A run may be stopped and saved before its first step.

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
    """Swaps the weights of a compiled model with their averages in its optimizer, exactly.

    A second call swaps them back. Does nothing if the weights are not averaged.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if optimizer.averages:
        for variable, average in zip(model.trainable_variables, optimizer.averages, strict=True):
            value = variable.numpy()
            variable.assign(average.numpy())
            average.assign(value)


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Gives the model its averaged weights inside the `with` block."""
    exchange(model)
    try:
        yield
    finally:
        exchange(model)
