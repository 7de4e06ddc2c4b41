"""The private methods of Keras that this project uses or overrides.

If a new version of Keras changes one of them, the test with its name fails; other tests may not.
"""

import inspect

import keras
import numpy as np
import tensorflow as tf

from dfnet_tf.training.averaging import AveragingAdam


def small_model() -> keras.Model:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.build((None, 2))
    return model


def test_loss_tracker_is_the_mean_that_keras_adds_to_the_metrics():
    model = small_model()
    assert isinstance(model._loss_tracker, keras.metrics.Mean)
    assert model._loss_tracker in model.metrics


def test_maybe_symbolic_build_is_what_fit_calls(monkeypatch):
    called = []
    monkeypatch.setattr(
        keras.Model, "_maybe_symbolic_build", lambda *_, **__: called.append(True), raising=True
    )
    model = small_model()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = small_model()
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
    assert called


def test_all_reduce_sum_gradients_is_what_apply_calls(monkeypatch):
    called = []

    def noted(_, grads_and_vars):
        called.append(True)
        return grads_and_vars

    monkeypatch.setattr(AveragingAdam, "_all_reduce_sum_gradients", noted)
    variable = keras.Variable([1.0])
    optimizer = AveragingAdam(0.1)
    optimizer.build([variable])
    optimizer.apply([tf.constant([1.0])], [variable])
    parent = keras.optimizers.Adam._all_reduce_sum_gradients
    assert called and list(inspect.signature(parent).parameters) == ["self", "grads_and_vars"]
