"""python -m export.benchmark, on small models of other kinds."""

import functools
import os

import numpy as np
import pytest
import tensorflow as tf

from export import isolation, memory, profile, runtimes
from export.op_times import OpTime

HEADER = ["model", "MB", "ops", "runtime", "threads", "median", "ms", "p95", "ms", "peak", "MB"]


@pytest.fixture
def benchmark(run_main):
    return functools.partial(run_main, "export.benchmark")


def write_model(path, function, *inputs):
    concrete = tf.function(function, input_signature=inputs).get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())
    return path


@pytest.fixture(scope="module")
def lookup(tmp_path_factory):
    """Inputs of three types with free axes; the integers must be 0 or 1."""
    table = tf.constant(np.eye(2, dtype="float32"))
    return write_model(
        tmp_path_factory.mktemp("models") / "lookup.tflite",
        lambda ids, scale, kept: scale * tf.gather(table, ids) * tf.cast(kept, tf.float32),
        tf.TensorSpec([None, 2], tf.int32),
        tf.TensorSpec([], tf.float32),
        tf.TensorSpec([None, 1, 1], tf.bool),
    )


@pytest.fixture(scope="module")
def multiply(tmp_path_factory):
    """The product of two matrices, 256 x 256."""
    spec = tf.TensorSpec([256, 256], tf.float32)
    path = tmp_path_factory.mktemp("models") / "multiply_matrices.tflite"
    return write_model(path, lambda a, b: tf.nn.relu(tf.matmul(a, tf.sin(b)) + 1.0), spec, spec)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two signatures: a has one operator, b has two outputs and an input without axes."""
    folder = tmp_path_factory.mktemp("models")
    module = tf.Module()
    picture = tf.TensorSpec([1, 8, 8, 3], name="x")
    scale = tf.TensorSpec([], name="scale")
    module.a = tf.function(lambda x: {"y": tf.nn.relu(x)}, input_signature=[picture])
    module.b = tf.function(
        lambda x, scale: {"y": tf.sin(x), "z": scale * x}, input_signature=[picture, scale]
    )
    tf.saved_model.save(module, folder / "saved", signatures={"a": module.a, "b": module.b})
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder / "saved"), signature_keys=["a", "b"]
    )
    (folder / "two.tflite").write_bytes(converter.convert())
    return folder / "two.tflite"


def rows(table: str) -> list[list[str]]:
    """The first table of the output, which ends with an empty line; every row is aligned."""
    header, *lines = table.partition("\n\n")[0].splitlines()
    assert header.split() == HEADER
    assert len({len(line) for line in (header, *lines)}) == 1
    return [line.split() for line in lines]


def test_a_row_for_every_number_of_threads(benchmark, multiply):
    status, out, err = benchmark(f"--model={multiply}", "--threads=1", "--threads=2", "--runs=3")
    assert status == 0, err
    table = rows(out)
    assert [row[:2] + row[3:5] for row in table] == [
        ["multiply_matrices.tflite", f"{multiply.stat().st_size / 1e6:.2f}", "interpreter", threads]
        for threads in ("1", "2")
    ]
    for *_, ops, _, _, median, p95, peak in table:
        assert int(ops) == 3  # SIN, TRANSPOSE, FULLY_CONNECTED with the sum and the ReLU inside.
        assert 0 < float(median) <= float(p95)
        assert 0 < float(peak) < 1000


def test_both_runtimes_run_any_signature_and_are_profiled(benchmark, lookup, two):
    models = f"--model={lookup}", f"--model={two}"
    status, out, err = benchmark(*models, "--runtime=both", "--runs=1", "--profile")
    assert status == 0, err
    assert [(row[0], row[3]) for row in rows(out)] == [
        (name, runtime)
        for name in ("lookup.tflite", "two.tflite:a", "two.tflite:b")
        for runtime in ("interpreter", "compiled")
    ]
    _, of_lookup, of_a, of_b = out.split("\n\n")
    assert of_lookup.startswith("lookup.tflite, 1 threads: 4 steps, ")
    assert "  GATHER\n" in of_lookup and "  CAST\n" in of_lookup
    assert of_a.startswith("two.tflite:a, 1 threads: 1 steps, ")
    assert of_b.startswith("two.tflite:b, 1 threads: 2 steps, ")


def test_both_runtimes_give_the_outputs_of_the_signature_that_was_asked_for(lookup, two):
    for path, signatures in ((lookup, [None]), (two, ["a", "b"])):
        assert runtimes.signatures(path) == signatures
        for signature in signatures:
            one, other = (runtimes.load(path, 1, name, signature)() for name in runtimes.RUNTIMES)
            assert one.keys() == other.keys()
            for name, value in one.items():
                np.testing.assert_allclose(other[name], value, rtol=1e-6)
    picture = runtimes.load(two, 1, "compiled", "a")()["y"]
    np.testing.assert_allclose(
        runtimes.load(two, 1, "compiled", "b")()["y"], np.sin(picture), atol=1e-6
    )


def test_a_profile_shares_out_the_time_of_all_operators(multiply):
    found = profile.profile(multiply, 1, runs=3)
    assert 0 < found.median_ms <= found.p95_ms
    assert sum(one.share for one in found.ops) == pytest.approx(1)
    assert found.ops[0][:2] == ("FULLY_CONNECTED", 1)  # 256^3 products, against 256^2 sines.
    assert found.outside_delegate_share == found.ops[0].share  # XNNPACK needs constant weights.


def test_shares_are_those_of_time():
    ops = [OpTime("A", True, 3.0), OpTime("B", False, 12.0), OpTime("A", True, 1.0)]
    assert profile.shares(ops) == (("B", 1, 0.75), ("A", 2, 0.25))
    assert profile.outside_delegate_share(ops) == 0.75


def test_peak_memory_is_that_of_the_model_alone(lookup, tmp_path):
    """16 MB of weights, which must not count for the small model measured next."""
    weights = tf.constant(np.random.default_rng(0).random([2048, 2048], np.float32))
    large = write_model(
        tmp_path / "large.tflite", lambda x: tf.matmul(x, weights), tf.TensorSpec([1, 2048])
    )
    size = large.stat().st_size
    assert size < memory.peak_bytes(large, 1, "interpreter", None) < 4 * size
    assert memory.peak_bytes(lookup, 1, "interpreter", None) < size


def test_a_crash_of_native_code_is_an_error_of_the_caller():
    with pytest.raises(isolation.CrashError, match=r"Received: one that crashed _exit\(3\)\."):
        isolation.call(os._exit, 3)


def refused(result):
    status, out, err = result
    assert (status, out, err.count("\n")) == (1, "", 1), err
    return err


def test_what_is_no_model_is_refused_in_one_line(benchmark, lookup, tmp_path):
    missing = refused(benchmark(f"--model={lookup}", f"--model={tmp_path}/none.tflite"))
    assert missing.startswith(f"benchmark: {tmp_path}/none.tflite: expected a .tflite file")
    (tmp_path / "text.tflite").write_text("no model at all, just text")
    (tmp_path / "half.tflite").write_bytes(lookup.read_bytes()[:500])
    for name in ("text.tflite", "half.tflite"):
        message = refused(benchmark(f"--model={tmp_path}/{name}"))
        assert f"{name}: expected a model that LiteRT can run. Received: The model is" in message


def test_ops_that_the_runtime_lacks_are_named(benchmark, tmp_path):
    function = tf.function(tf.linalg.det, input_signature=[tf.TensorSpec([2, 2])])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.allow_custom_ops = True
    (tmp_path / "custom.tflite").write_bytes(converter.convert())
    message = refused(benchmark(f"--model={tmp_path}/custom.tflite"))
    assert "custom.tflite: expected a model that LiteRT can run" in message
    assert "MatrixDeterminant" in message


def test_bad_flags_are_refused(benchmark, lookup):
    for flags, expected in (
        ((), "--model"),
        ((f"--model={lookup}", "--threads=0"), "positive integer"),
        ((f"--model={lookup}", "--runs=0"), "positive integer"),
        ((f"--model={lookup}", "extra"), "Expected only flags. Received: extra."),
    ):
        status, _, err = benchmark(*flags)
        assert status == 1
        assert expected in err
        assert "Traceback" not in err
