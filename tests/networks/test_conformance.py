"""What every network and encoder must do: shapes, config, saving, dtype policy."""

import itertools

import keras
import numpy as np
import pytest

from dfnet_tf.models import dfnet
from dfnet_tf.networks import depth_net, encoders, flow_net, pose_net

SIDE = 64
NARROW = {"width_multiplier": 1 / 16}
DISPARITIES = [(1, SIDE >> level, SIDE >> level, 1) for level in range(4)]
MOTIONS = [(1, 2, 2, 6)]


def flows(*fractions):
    return [(1, SIDE // fraction, SIDE // fraction, 2) for fraction in fractions]


# (class, arguments of the constructor, shapes of the outputs).
NETWORKS = [
    (depth_net.PaperDepthNet, NARROW, DISPARITIES),
    (depth_net.MobileDepthNet, {}, DISPARITIES),
    (depth_net.TinyDepthNet, {}, DISPARITIES),
    (pose_net.PaperPoseNet, {"num_sources": 2, **NARROW}, MOTIONS),
    (pose_net.MobilePoseNet, {}, MOTIONS),
    (pose_net.TinyPoseNet, {}, MOTIONS),
    (flow_net.FlowNetC, NARROW, flows(4, 8, 16, 32, 64)),
    (flow_net.MobileFlowNet, {"upsampling": "learned"}, flows(1, 8, 16, 32, 64)),
    (flow_net.TinyFlowNet, {}, flows(4, 8, 16, 32)),
]
ENCODERS = [
    (encoders.ConvEncoder, {}),
    (encoders.ResNet50Elu, NARROW),
    (encoders.EfficientNetLite0, {}),
]
all_networks = pytest.mark.parametrize(
    ("kind", "arguments", "shapes"), NETWORKS, ids=[kind.__name__ for kind, *_ in NETWORKS]
)
all_encoders = pytest.mark.parametrize(
    ("kind", "arguments"), ENCODERS, ids=[kind.__name__ for kind, _ in ENCODERS]
)


def random(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def inputs_of(network):
    image = random(1, SIDE, SIDE, 3)
    if isinstance(network, pose_net.PoseNet):
        return image, random(1, 2, SIDE, SIDE, 3)
    if isinstance(network, flow_net.FlowNet):
        return image, np.roll(image, 2, axis=2)
    return (image,)


def outputs_of(network):
    return keras.tree.flatten(network(*inputs_of(network)))


def assert_equal(outputs, expected):
    for output, other in itertools.zip_longest(outputs, expected):
        np.testing.assert_array_equal(output, other)


def test_every_network_of_every_preset_is_here():
    kinds = set(itertools.chain.from_iterable(dfnet.NETWORKS.values()))
    assert {kind for kind, *_ in NETWORKS} == kinds


@all_networks
def test_outputs_have_their_shapes_and_stay_float32_under_a_mixed_policy(kind, arguments, shapes):
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = kind(**arguments)
    outputs = outputs_of(network)
    assert network.compute_dtype == "bfloat16"
    assert [tuple(output.shape) for output in outputs] == shapes
    assert {keras.backend.standardize_dtype(output.dtype) for output in outputs} == {"float32"}


@all_networks
def test_the_config_makes_the_same_network(kind, arguments, shapes):
    del shapes
    config = kind(**arguments).get_config()
    assert {name: config[name] for name in arguments} == arguments
    assert kind.from_config(config).get_config() == config


@all_networks
def test_a_loaded_network_gives_equal_outputs(kind, arguments, shapes, tmp_path):
    del shapes
    network = kind(**arguments)
    expected = outputs_of(network)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is kind
    assert_equal(outputs_of(loaded), expected)


@all_encoders
def test_a_loaded_bare_encoder_gives_equal_outputs(kind, arguments, tmp_path):
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    model = keras.Model(image, kind(**arguments)(image))
    expected = outputs_of(model)
    model.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    assert type(loaded.layers[-1]) is kind
    assert_equal(outputs_of(loaded), expected)
