"""LiteRT's GPU delegate on a GPU in software; without the driver, only that this is told."""

import numpy as np
import pytest
import tensorflow as tf

from export import software_gpu

needs_driver = pytest.mark.skipif(
    not software_gpu.DRIVER.exists(), reason="needs a Vulkan driver: apt install chromium"
)


@pytest.fixture
def write(tmp_path):
    """Writes a .tflite model of x [1, 8, 8, 3] -> y, with a signature."""

    def written(function):
        module = tf.Module()
        spec = tf.TensorSpec([1, 8, 8, 3], name="x")
        module.run = tf.function(lambda x: {"y": function(x)}, input_signature=[spec])
        concrete = module.run.get_concrete_function()
        path = tmp_path / "model.tflite"
        path.write_bytes(
            tf.lite.TFLiteConverter.from_concrete_functions([concrete], module).convert()
        )
        return path

    return written


def convolve(x):
    kernel = np.random.default_rng(0).normal(size=[3, 3, 3, 3])
    return tf.nn.conv2d(x, tf.constant(kernel, tf.float32), 1, "SAME")


@needs_driver
def test_a_model_that_the_delegate_takes_runs_there_alone_and_is_right(write):
    path = write(lambda x: tf.sigmoid(convolve(tf.nn.relu(convolve(x)))))
    verdict = software_gpu.judge(path, "serving_default")
    assert verdict.on_gpu > 0 and verdict.on_cpu == 0 and not verdict.refusals
    # Not 0: that would be the CPU's own result.
    assert 0 < verdict.differences["y"] < 1e-5


@needs_driver
def test_what_the_delegate_refuses_is_told_in_its_words_and_runs_on_the_cpu(write):
    places = tf.constant([[[0, 1], [0, 2]], [[0, 3], [0, 0]]])
    path = write(lambda x: tf.gather(convolve(x), places, axis=1)[:, 0, 0] + 1.0)
    verdict = software_gpu.judge(path, "serving_default")
    assert verdict.on_gpu > 0 and verdict.on_cpu > 0
    assert any(line.startswith("GATHER: Only support 1D") for line in verdict.refusals)
    assert verdict.differences["y"] < 1e-5


@needs_driver
def test_the_difference_is_taken_on_the_given_inputs(write):
    path = write(lambda x: tf.math.log(convolve(x) * 0.0 + x))
    inputs = {"x": np.full([1, 8, 8, 3], -1.0, "float32")}
    assert np.isnan(software_gpu.judge(path, "serving_default", inputs).differences["y"])


@needs_driver
def test_both_networks_run_on_the_gpu_as_a_whole(float_models, samples_of, tmp_path):
    for kind, bound in (("depth", 1e-4), ("flow", 1e-4)):
        path = tmp_path / f"{kind}.tflite"
        path.write_bytes(float_models[kind])
        verdict = software_gpu.judge(path, kind, samples_of[kind][0])
        assert verdict.on_cpu == 0, (kind, verdict.refusals)
        assert all(0 < difference < bound for difference in verdict.differences.values()), verdict


def test_without_a_driver_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(software_gpu, "DRIVER", tmp_path / "no_driver.json")
    with pytest.raises(software_gpu.DriverError, match="no such file. On Debian: apt install chro"):
        software_gpu.judge(tmp_path / "any.tflite", None)
