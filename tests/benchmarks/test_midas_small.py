"""MiDaS has the published shapes; the lower bound of its time is computed by hand."""

import keras
import numpy as np
import pytest

from benchmarks import machine_peak, midas_small
from benchmarks.multiply_adds import Work


@pytest.fixture(scope="module")
def rival():
    network = midas_small.MidasSmall()
    outputs = network(np.random.default_rng(0).random((2, 32, 64, 3), np.float32))
    return network, np.asarray(outputs)


def test_as_many_layers_and_bytes_as_the_published_models(rival):
    network, _ = rival
    layers = network._flatten_layers()
    kinds = [type(layer) for layer in layers if not getattr(layer, "layers", None)]
    assert kinds.count(keras.layers.Conv2D) == 73
    assert kinds.count(keras.layers.DepthwiseConv2D) == 24
    assert 4 * network.count_params() == pytest.approx(66.3e6, rel=0.005)


def test_the_encoder_is_efficientnet_lite3_without_its_classifier(rival):
    network, _ = rival
    head = 384 * 1280 + 1280 * 1001
    assert network.encoder.count_params() + head == pytest.approx(8.2e6, rel=0.01)


def test_inverse_depth_of_every_pixel_is_not_negative(rival):
    _, outputs = rival
    assert outputs.shape == (2, 32, 64, 1)
    assert (outputs >= 0).all()
    assert outputs.std() > 0


def test_sizes_that_do_not_divide_are_refused(rival):
    with pytest.raises(ValueError, match="multiples of 32. Received: 64 x 80"):
        rival[0](np.zeros((1, 64, 80, 3), np.float32))


def test_the_floor_takes_each_kind_at_its_own_peak():
    peaks = {("CONV_2D", "int8"): 500.0, ("CONV_2D", "float32"): 50.0, ("D", "int8"): 10.0}
    work = [Work("CONV_2D", "int8", 1000), Work("CONV_2D", "float32", 200), Work("D", "int8", 30)]
    assert machine_peak.floor_ms(work, peaks) == pytest.approx(2 + 4 + 3)


@pytest.mark.parametrize("chain", machine_peak.CHAINS)
def test_a_chain_is_nearly_all_of_its_networks_weights(chain):
    network = machine_peak.ChainNet(chain)
    assert network(np.zeros((1, 8, 8, 3), np.float32)).shape == (1, 8, 8, 1)
    in_chain = sum(layer.count_params() for layer in network.chain)
    assert in_chain > 0.9 * network.count_params()
