import numpy as np
import pytest
import tensorflow as tf
from central_differences import central_differences
from keras import ops

from dfnet_tf.networks.correlation import correlation


def features(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def by_definition(first, second, max_displacement, stride):
    """The formula for one displacement at a time; for NumPy arrays or tensors."""
    height, width = first.shape[1:3]
    d = max_displacement // stride * stride
    padded = ops.pad(second, [[0, 0], [d, d], [d, d], [0, 0]])
    return ops.stack(
        [
            ops.mean(first * padded[:, y : y + height, x : x + width], axis=-1)
            for y in range(0, 2 * d + 1, stride)
            for x in range(0, 2 * d + 1, stride)
        ],
        axis=-1,
    )


@pytest.mark.parametrize(
    ("size", "max_displacement", "stride"),
    [((6, 10), 4, 1), ((3, 2), 4, 1), ((24, 26), 20, 2), ((5, 7), 4, 2), ((7, 8), 7, 3)],
)
def test_value_and_gradient_are_those_of_the_definition(size, max_displacement, stride):
    first = tf.constant(features(0, 2, *size, 5))
    second = tf.constant(features(1, 2, *size, 5))
    results = []
    for function in (correlation, by_definition):
        with tf.GradientTape() as tape:
            tape.watch([first, second])
            cost = function(first, second, max_displacement, stride)
            total = ops.sum(ops.sin(3.0 * cost))  # Its gradient differs in every element.
        results.append([cost, *tape.gradient(total, [first, second])])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("max_displacement", "stride"), [(2, 1), (4, 2)])
def test_gradients_are_the_central_differences(max_displacement, stride):
    first, second = features(0, 2, 3, 5, 2), features(1, 2, 3, 5, 2)
    upstream = features(2, *correlation(first, second, max_displacement, stride).shape)

    def total(first, second):
        return ops.sum(upstream * correlation(first, second, max_displacement, stride))

    inputs = [tf.constant(first), tf.constant(second)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = total(*inputs)
    for place, gradient in enumerate(tape.gradient(loss, inputs)):
        # The cost is linear in both inputs: any step is exact except for rounding.
        expected = central_differences(total, (first, second), place, step=1.0)
        np.testing.assert_allclose(gradient, expected, atol=1e-4)


def test_a_shift_to_the_right_by_3_peaks_at_dx_3():
    first = features(0, 1, 8, 16, 32)
    second = np.roll(first, 3, axis=2)
    peaks = ops.argmax(correlation(first, second, 4), axis=-1)[0, 4:-4, 4:-4]
    dy, dx = np.divmod(np.asarray(peaks), 9)
    assert (dy - 4 == 0).all()
    assert (dx - 4 == 3).all()


def test_the_number_worked_by_hand():
    first = np.array([[2.0, 4.0]], "float32").reshape(1, 1, 1, 2)
    second = np.array([[3.0, 5.0]], "float32").reshape(1, 1, 1, 2)
    cost = np.asarray(correlation(first, second, 1))[0, 0, 0]
    np.testing.assert_allclose(cost, [0, 0, 0, 0, (2 * 3 + 4 * 5) / 2, 0, 0, 0, 0])


def test_the_batch_size_may_be_unknown():
    traced = tf.function(
        lambda images: correlation(images, images, 2, 2),
        input_signature=[tf.TensorSpec([None, 6, 9, 4])],
    )
    batch = features(0, 3, 6, 9, 4)
    np.testing.assert_allclose(traced(batch), by_definition(batch, batch, 2, 2), atol=1e-6)


def test_the_dtype_is_that_of_the_features():
    first = ops.cast(features(0, 1, 4, 4, 8), "bfloat16")
    assert correlation(first, first, 2).dtype == "bfloat16"


@pytest.mark.parametrize(("max_displacement", "stride"), [(0, 1), (4, 0), (2, 3)])
def test_a_grid_without_neighbours_is_refused(max_displacement, stride):
    first = features(0, 1, 4, 4, 2)
    with pytest.raises(ValueError, match="Received: stride="):
        correlation(first, first, max_displacement, stride)
