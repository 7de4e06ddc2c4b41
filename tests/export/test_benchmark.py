"""python -m export.benchmark, on small models that are not ours."""

import functools

import numpy as np
import pytest
import tensorflow as tf

HEADER = ["model", "MB", "ops", "threads", "median", "ms", "p95", "ms"]


@pytest.fixture
def benchmark(run_main):
    return functools.partial(run_main, "export.benchmark")


def write_model(path, function, *inputs):
    concrete = tf.function(function, input_signature=inputs).get_concrete_function()
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())
    return path


@pytest.fixture(scope="module")
def lookup(tmp_path_factory):
    """Inputs of three types, axes of free size; the integers must be 0 or 1."""
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


def test_every_model_gets_a_row_for_every_number_of_threads(benchmark, lookup, multiply):
    models = f"--model={lookup}", f"--model={multiply}"
    status, out, err = benchmark(*models, "--threads=1", "--threads=2", "--runs=8")
    assert status == 0, err
    header, *rows, memory = out.splitlines()
    assert header.split() == HEADER
    assert len({len(line) for line in (header, *rows)}) == 1  # Aligned.
    rows = [row.split() for row in rows]
    names = ["lookup.tflite"] * 2 + ["multiply_matrices.tflite"] * 2
    assert [row[0] for row in rows] == names
    assert [row[3] for row in rows] == ["1", "2"] * 2
    for model, row in zip((lookup, lookup, multiply, multiply), rows, strict=True):
        assert row[1] == f"{model.stat().st_size / 1e6:.2f}"
        assert 1 <= int(row[2]) <= 10
        assert 0 <= float(row[4]) <= float(row[5])
    assert float(rows[0][4]) < float(rows[2][4])  # A table of two rows, 256^3 products.
    assert 50 < float(memory.split()[-2]) < 100_000


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
        ((f"--model={lookup}", "extra"), "Expected flags alone. Received: extra."),
    ):
        status, _, err = benchmark(*flags)
        assert status == 1
        assert expected in err
        assert "Traceback" not in err
