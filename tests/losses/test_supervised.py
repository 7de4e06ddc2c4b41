import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.losses import supervised

HEIGHT, WIDTH = 16, 32


def constant(height, width, flow):
    return np.broadcast_to(np.float32(flow), (1, height, width, 2)).copy()


def labelled(flow, weight=1.0):
    return np.concatenate([flow, np.full_like(flow[..., :1], weight)], axis=-1)


def levels(flow):
    """The same motion at 1/4 and 1/8, in pixels of these grids."""
    return [constant(HEIGHT // f, WIDTH // f, np.float32(flow) / f) for f in (4, 8)]


def test_the_flow_error_has_no_error_at_any_level():
    labels = labelled(constant(HEIGHT, WIDTH, (3.0, -2.0)))
    known = HEIGHT * WIDTH / (HEIGHT * WIDTH + 1), 8 / 9  # Pixels over pixels + 1.
    expected = 0.01 * (known[0] + 0.25 * known[1])
    loss = supervised.flow_error(levels((3.0, -2.0)), labels)
    np.testing.assert_allclose(loss, [expected], rtol=1e-3)


def test_an_error_counts_in_pixels_of_the_images_at_every_level():
    labels = labelled(constant(HEIGHT, WIDTH, (0.0, 0.0)))
    fine = supervised.flow_error(levels((3.0, 4.0))[:1], labels)
    both = supervised.flow_error(levels((3.0, 4.0)), labels)
    np.testing.assert_allclose(fine, [5.0 * 512 / 513], rtol=1e-4)
    np.testing.assert_allclose(both - fine, [0.25 * 5.0 * 8 / 9], rtol=1e-4)


def test_unknown_pixels_do_not_count():
    truth = constant(HEIGHT, WIDTH, (1.0, 0.0))
    labels = labelled(truth)
    labels[:, :, : WIDTH // 2] = [100.0, 100.0, 0.0]
    right = supervised.flow_error(levels((1.0, 0.0)), labels)
    assert float(right[0]) < 0.02
    assert float(supervised.flow_error(levels((1.0, 0.0)), labels * np.float32([1, 1, 0]))[0]) == 0


def test_each_sample_has_its_own_loss():
    first, second = (labelled(constant(HEIGHT, WIDTH, flow)) for flow in ((1, 0), (0, 7)))
    flows = [np.concatenate([level, level]) for level in levels((1.0, 0.0))]
    both = supervised.flow_error(flows, np.concatenate([first, second]))
    alone = [supervised.flow_error(levels((1.0, 0.0)), one)[0] for one in (first, second)]
    np.testing.assert_allclose(both, alone, rtol=1e-6)


def test_minimising_the_loss_finds_the_truth():
    labels = labelled(constant(HEIGHT, WIDTH, (2.0, -1.0)))
    flow = tf.Variable(levels((0.0, 0.0))[0])
    optimizer = tf.keras.optimizers.Adam(0.02)
    for _ in range(120):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(supervised.flow_error([flow], labels))
        optimizer.apply_gradients([(tape.gradient(loss, flow), flow)])
    assert np.abs(4 * flow.numpy() - [2.0, -1.0]).max() == pytest.approx(0, abs=0.1)
