"""Checkpoints in the format of the released program, written by these tests."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.config import Config
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, released

# Name and shape of every trainable variable of the released program, one per line.
VARIABLES = {
    name: tuple(int(n) for n in shape.strip("]\n").split(","))
    for name, shape in (
        line.split(" [") for line in (Path(__file__).parent / "released_variables.txt").open()
    )
}


@pytest.fixture(scope="module")
def paper():
    model = DFNet(preset("paper"))
    model.build()
    return model


@pytest.fixture
def built_once(paper, monkeypatch):
    """An import fills the one network, instead of building another."""
    monkeypatch.setattr(paper, "build", lambda: None)
    monkeypatch.setattr(released, "DFNet", lambda _: paper)


def write(prefix, tensors: dict) -> str:
    """A TensorFlow 1 checkpoint: tensors by name, with no object graph."""
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=[tf.convert_to_tensor(value) for value in tensors.values()],
    )
    return str(prefix)


def test_the_names_and_shapes_are_those_of_the_released_program(paper):
    ours = {name: tuple(v.shape) for name, v in released.named_variables(paper)}
    assert ours == VARIABLES
    assert len(ours) == len(paper.trainable_variables)


@pytest.mark.usefixtures("built_once")
def test_every_weight_is_loaded_by_its_name(tmp_path):
    rng = np.random.default_rng(0)
    tensors = {n: rng.random(s, np.float32) for n, s in VARIABLES.items()}
    extra = {"global_step": np.int32(100_000), "beta1_power": np.float32(0)}
    extra["pose_net/pred/biases/Adam"] = np.zeros(48, "float32")
    checkpoint = write(tmp_path / "model-100000", {**tensors, **extra})
    (tmp_path / "run").mkdir()
    assert released.import_checkpoint(checkpoint, tmp_path / "run") == 100_000
    assert Config.load(tmp_path / "run/config.json") == preset("paper")
    model = checkpoints.load_trained(tmp_path / "run")
    for name, variable in released.named_variables(model):
        np.testing.assert_array_equal(variable.numpy(), tensors[name], err_msg=name)


@pytest.mark.usefixtures("built_once")
def test_another_set_of_variables_is_refused_by_name(tmp_path):
    tensors = {name: np.zeros(1, "float32") for name in VARIABLES}
    del tensors["pose_net/cnv3/biases"]
    tensors["pose_net/cnv8/biases"] = np.zeros(1, "float32")
    checkpoint = write(tmp_path / "model-1", tensors)
    with pytest.raises(released.ReleasedCheckpointError) as refusal:
        released.import_checkpoint(checkpoint, tmp_path)
    for expected in (
        f"{checkpoint}: expected the 226 variables",
        "missing: pose_net/cnv3/biases",
        "unknown: pose_net/cnv8/biases",
        "of another shape: depth_net_res50/Conv/weights [1] (not [7, 7, 3, 64])",
        "and 216 more",
    ):
        assert expected in str(refusal.value)
    assert not checkpoints.all_checkpoints(tmp_path)


def test_other_files_than_checkpoints_are_refused(tmp_path):
    (tmp_path / "model-1.index").write_bytes(b"no checkpoint at all")
    for prefix in (tmp_path / "model-1", tmp_path / "none"):
        with pytest.raises(released.ReleasedCheckpointError, match="path of a TensorFlow"):
            released.import_checkpoint(str(prefix), tmp_path)


def test_the_main_reports_an_error_in_one_line_and_writes_nothing(run_main, tmp_path):
    flags = f"--checkpoint={tmp_path}/none", f"--run_dir={tmp_path}/run"
    status, _, err = run_main("dfnet_tf.import_checkpoint", *flags)
    assert (status, len(err.splitlines())) == (1, 1)
    assert f"import_checkpoint: {tmp_path}/none: expected the path of a TensorFlow" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("built_once")
def test_a_damaged_checkpoint_is_refused(tmp_path):
    tensors = {n: np.zeros(s, "float32") for n, s in VARIABLES.items()}
    checkpoint = write(tmp_path / "model-1", tensors)
    (data,) = tmp_path.glob("model-1.data*")
    with open(data, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(released.ReleasedCheckpointError, match="expected a whole checkpoint"):
        released.import_checkpoint(checkpoint, tmp_path)
