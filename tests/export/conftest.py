"""Two small networks with varying outputs, and their exports, made once."""

import json

import cv2
import keras
import numpy as np
import pytest

from dfnet_tf.networks.depth_net import TinyDepthNet
from dfnet_tf.networks.flow_net import TinyFlowNet
from export import NETWORKS, convert, exporter, metadata, signatures
from export.quantize import quantize

SIZE = (64, 96)
ORIGIN = {"trained": {}, "licence": "unstated"}


@pytest.fixture(scope="session")
def networks():
    keras.utils.set_random_seed(0)
    image = np.zeros((1, *SIZE, 3), "float32")
    depth_net, flow_net = TinyDepthNet(), TinyFlowNet()
    depth_net(image)
    flow_net(image, image)
    depth_net.heads[0].kernel.assign(4 * depth_net.heads[0].kernel)
    flow_net.head.kernel.assign(30 * flow_net.head.kernel)  # From hundredths of pixels to pixels.
    return {"depth": depth_net, "flow": flow_net}


@pytest.fixture(scope="session")
def signature_of(networks):
    return {kind: signatures.SIGNATURES[kind](networks[kind], SIZE) for kind in NETWORKS}


@pytest.fixture(scope="session")
def samples_of(signature_of):
    pairs = exporter.noise_pairs(SIZE)
    return {kind: [signature_of[kind].sample(*pair) for pair in pairs] for kind in NETWORKS}


@pytest.fixture(scope="module")
def converted_once():
    """Converts a network of one size and one type of input once."""
    convert_one, models = convert.to_tflite, {}

    def to_tflite(signature):
        key = signature.network, signature.size, signature.dtype
        if key not in models:
            models[key] = convert_one(signature)
        return models[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "to_tflite", to_tflite)
        yield


@pytest.fixture(scope="session")
def float_models(signature_of):
    return {kind: convert.to_tflite(signature_of[kind]) for kind in NETWORKS}


@pytest.fixture(scope="session")
def int8_models(float_models, samples_of):
    return {kind: quantize(float_models[kind], "int8", kind, samples_of[kind]) for kind in NETWORKS}


@pytest.fixture(scope="session")
def exported_folder(networks, tmp_path_factory):
    """depth_int8.tflite with uint8 input, its JSON, and a picture."""
    folder = tmp_path_factory.mktemp("exported")
    frames = [[np.uint8(255 * frame[0]) for frame in pair] for pair in exporter.noise_pairs(SIZE)]
    signature = signatures.SIGNATURES["depth"](networks["depth"], SIZE, "uint8")
    (part,) = exporter.export_models(signature, ["int8"], frames)
    description = metadata.describe("depth_int8", [part.signature], "int8", ORIGIN, {})
    content = exporter.finished([part], description)
    (folder / "depth_int8.tflite").write_bytes(content)
    beside = metadata.beside(description, content)
    (folder / "depth_int8.json").write_text(json.dumps(beside))
    cv2.imwrite(str(folder / "street.png"), np.kron(frames[0][0], np.ones((2, 2, 1), np.uint8)))
    return folder
