"""The average of the weights: its value, its benefit, and that it disturbs nothing."""

import keras
import numpy as np
import pytest

from dfnet_tf.training import averaging


def model_of(weights, momentum):
    """A layer with these weights, whose optimizer subtracts 1 at each step of gradient 1."""
    model = keras.Sequential([keras.Input((len(weights),)), keras.layers.Dense(1, use_bias=False)])
    model.layers[0].kernel.assign(np.reshape(weights, (-1, 1)))
    model.compile(averaging.AveragingAdam(1.0, average_momentum=momentum))
    model.optimizer.build(model.trainable_variables)
    return model


def step(model, gradient):
    kernel = model.layers[0].kernel
    model.optimizer.apply([np.reshape(np.float32(gradient), kernel.shape)], [kernel])
    return kernel.numpy()


def test_the_average_spans_few_early_weights_and_later_those_of_its_momentum():
    model, average = model_of([5.0], momentum=0.2), 0.0
    for momentum in (0.0, 1 / 6, 0.2, 0.2):  # After t steps min(0.2, t / (t + 5)).
        average = momentum * average + (1 - momentum) * step(model, 1.0)
        np.testing.assert_allclose(model.optimizer.averages[0], average, rtol=1e-6)


def test_before_the_first_step_the_average_equals_the_weights():
    model = model_of([5.0, 3.0], momentum=0.9)
    np.testing.assert_array_equal(model.optimizer.averages[0], model.layers[0].kernel)


def test_with_noisy_steps_the_average_is_nearer_to_the_optimum_than_the_last_weights():
    model, noise = model_of(np.zeros(100), momentum=0.995), np.random.default_rng(0)
    model.optimizer.learning_rate = 0.05
    weights = np.zeros((100, 1), "float32")
    for _ in range(400):  # Gradient descent on (weights - 1)^2 / 2 with noise.
        weights = step(model, weights - 1.0 + 2.0 * noise.standard_normal(weights.shape))
    averaging.exchange(model)
    averages = model.layers[0].kernel.numpy()
    assert np.linalg.norm(averages - 1.0) < 0.7 * np.linalg.norm(weights - 1.0)


def test_exchanging_twice_restores_every_bit():
    model = model_of([0.1, 0.3, 1e-9], momentum=0.9)
    for _ in range(3):
        weights = step(model, [1.0, -1.0, 0.5])
    average = model.optimizer.averages[0].numpy()
    with averaging.averaged(model):
        np.testing.assert_array_equal(model.layers[0].kernel, average)
    np.testing.assert_array_equal(model.layers[0].kernel, weights)
    np.testing.assert_array_equal(model.optimizer.averages[0], average)


def test_an_exception_inside_averaged_restores_the_weights():
    model = model_of([1.0], momentum=0.9)
    step(model, 1.0)
    weights = step(model, 1.0)
    with pytest.raises(OSError), averaging.averaged(model):
        raise OSError
    np.testing.assert_array_equal(model.layers[0].kernel, weights)


def test_without_a_momentum_there_is_nothing_to_exchange():
    model = model_of([1.0], momentum=0.0)
    weights = step(model, 1.0)
    averaging.exchange(model)
    np.testing.assert_array_equal(model.layers[0].kernel, weights)
    assert len(model.optimizer.variables) == 4  # Steps, learning rate, two moments.


def test_the_average_of_a_scaled_losss_optimizer_is_found():
    model = model_of([1.0], momentum=0.9)
    inner = model.optimizer
    model.optimizer = keras.optimizers.LossScaleOptimizer(inner)
    inner.averages[0].assign([[7.0]])
    averaging.exchange(model)
    np.testing.assert_array_equal(model.layers[0].kernel, [[7.0]])
