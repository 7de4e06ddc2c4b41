"""Imports the checkpoints that DF-Net's authors released into preset `paper`.

Their TensorFlow 1 program (Zou et al., 2018) stores every layer as `scope/name/weights` and
`.../biases`. The shapes equal those of Keras's kernels and biases; only the names differ.
"""

import pathlib
from collections.abc import Iterator

import keras
import tensorflow as tf

from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, schedule

# Training state in a checkpoint besides the weights: the step and Adam's state.
STEP = "global_step"
OPTIMIZER_SUFFIXES = ("/Adam", "/Adam_1", "beta1_power", "beta2_power")
NAMED = 5  # Number of variables that an error lists by name; there are 238.


class ReleasedCheckpointError(ValueError):
    """Not an intact and complete checkpoint of the released program."""


def import_checkpoint(checkpoint: str, run_dir: pathlib.Path) -> int:
    """Makes a run of preset `paper` from a released checkpoint; returns its training step.

    Args:
      checkpoint: the path without `.index` and `.data-...`, for example `model-100000`.
      run_dir: an empty folder.

    Raises:
      ReleasedCheckpointError: the checkpoint cannot be read, or has other variables.
    """
    reader, shapes = _open(checkpoint)
    model = DFNet(preset("paper"))
    model.build()
    variables = dict(named_variables(model))
    expected = {name: tuple(v.shape) for name, v in variables.items()}
    # The step may be missing; if present, it must be a scalar. Shapes are checked before reading.
    _check(expected | ({STEP: ()} if STEP in shapes else {}), shapes, checkpoint)
    for name, variable in variables.items():
        variable.assign(_tensor(reader, name, checkpoint))
    schedule.compile_model(model)
    step = int(_tensor(reader, STEP, checkpoint)) if STEP in shapes else 0
    model.optimizer.iterations.assign(step)
    model.config.save(run_dir / "config.json")
    checkpoints.save(model, run_dir)
    return step


def named_variables(model: DFNet) -> Iterator[tuple[str, keras.Variable]]:
    """Every weight of a built `paper` model with its name in the released program."""
    for name, layer in _named_layers(model):
        yield f"{name}/weights", layer.kernel
        yield f"{name}/biases", layer.bias


def _named_layers(model: DFNet) -> Iterator[tuple[str, keras.Layer]]:
    for name, layer in _depth_layers(model.depth_net):
        yield f"depth_net_res50/{name}", layer
    for i, layer in enumerate(model.pose_net.encoder, 1):
        yield f"pose_net/cnv{i}", layer
    yield "pose_net/pred", model.pose_net.head
    flow = model.flow_net
    for i, layer in enumerate((flow.conv1, flow.conv2, flow.conv3), 1):
        yield f"flownet_c_features/conv{i}", layer
    for name, layer in _flow_layers(flow):
        yield f"flownet_c/{name}", layer


def _depth_layers(net) -> Iterator[tuple[str, keras.Layer]]:
    """Convolutions are numbered in their order of creation; the heads have their own names."""
    convolutions = [net.encoder.stem]
    for group in net.encoder.groups:
        for unit in group.layers:
            convolutions += [unit.reduce, unit.filter, unit.expand, unit.shortcut]
    for widen, fuse in zip(net.widen, net.fuse, strict=True):
        convolutions += [widen, fuse]
    for i, layer in enumerate(convolutions):
        yield (f"Conv_{i}" if i else "Conv"), layer
    for i, layer in enumerate(net.heads):
        yield f"disp{len(net.heads) - i}", layer


def _flow_layers(net) -> Iterator[tuple[str, keras.Layer]]:
    """Named by pyramid level, from 1/8 down to 1/64, then up to 1/4."""
    yield "conv_redir", net.redirect
    yield "conv3_1", net.conv3_1
    for level, down, refine in zip((4, 5, 6), net.down, net.refine, strict=True):
        yield f"conv{level}", down
        yield f"conv{level}_1", refine
    for level, head in zip((6, 5, 4, 3, 2), net.heads, strict=True):
        yield f"flow{level}", head
    for level, up, up_flow in zip((5, 4, 3, 2), net.up, net.up_flow, strict=True):
        yield f"deconv{level}", up
        yield f"flow{level + 1}_up{level}", up_flow


def _open(checkpoint: str):
    """Returns a reader, and the shapes of all variables except the optimizer's state."""
    try:
        reader = tf.train.load_checkpoint(checkpoint)
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise ReleasedCheckpointError(
            f"{checkpoint}: expected the path of a TensorFlow checkpoint, without .index and "
            f".data-00000-of-00001. Received: {error}"
        ) from error
    shapes = reader.get_variable_to_shape_map()
    return reader, {k: tuple(v) for k, v in shapes.items() if not k.endswith(OPTIMIZER_SUFFIXES)}


def _check(expected: dict[str, tuple], received: dict[str, tuple], checkpoint: str) -> None:
    """Raises ReleasedCheckpointError unless both have the same variables and shapes."""
    misshapen = [
        f"{name} {list(received[name])} (not {list(shape)})"
        for name, shape in expected.items()
        if name in received and received[name] != shape
    ]
    problems = {
        "missing": [name for name in expected if name not in received],
        "unknown": [name for name in sorted(received) if name not in expected],
        "of another shape": misshapen,
    }
    found = [_listed(what, names) for what, names in problems.items() if names]
    if found:
        count = len(expected.keys() - {STEP})
        raise ReleasedCheckpointError(
            f"{checkpoint}: expected the {count} variables of DF-Net's program. "
            f"Received: {'; '.join(found)}."
        )


def _listed(what: str, names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{what}: {', '.join(names[:NAMED])}{more}"


def _tensor(reader, name: str, checkpoint: str):
    try:
        return reader.get_tensor(name)
    except (tf.errors.OpError, RuntimeError, IndexError) as error:  # IndexError: truncated.
        raise ReleasedCheckpointError(
            f"{checkpoint}: expected a whole checkpoint. Received: {name} cannot be read: {error}"
        ) from error
