"""The phone's networks convert to TFLite's builtin ops with the same results."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from dfnet_tf.networks import depth_net, flow_net


def converted(network, inputs, folder):
    """Converts `network`; by default the converter refuses all but builtin ops."""
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint(
        "serve",
        lambda *images: {f"output_{i}": output for i, output in enumerate(network(*images))},
        [tf.TensorSpec(image.shape, name=name) for name, image in inputs.items()],
    )
    archive.write_out(folder, verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serve"])
    interpreter = Interpreter(model_content=converter.convert())
    interpreter.allocate_tensors()
    return interpreter


@pytest.mark.parametrize(
    ("network", "num_inputs"), [(depth_net.TinyDepthNet, 1), (flow_net.TinyFlowNet, 2)]
)
def test_tflite_gives_the_numbers_of_keras(network, num_inputs, tmp_path):
    network = network()
    random = np.random.default_rng(0)
    inputs = {
        f"input_{i}": random.uniform(size=[1, 64, 64, 3]).astype("float32")
        for i in range(num_inputs)
    }
    expected = network(*inputs.values())
    interpreter = converted(network, inputs, tmp_path)
    outputs = interpreter.get_signature_runner("serve")(**inputs)
    for i, original in enumerate(expected):
        np.testing.assert_allclose(outputs[f"output_{i}"], original, atol=1e-5)
    # Phone accelerators leave tensors of more dimensions to the CPU.
    assert max(len(tensor["shape"]) for tensor in interpreter.get_tensor_details()) <= 4
