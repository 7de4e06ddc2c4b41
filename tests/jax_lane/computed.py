"""What every Keras backend must compute equally: values and gradients for inputs from NumPy.

python tests/jax_lane/computed.py out/tensorflow.npz

writes the results of the current backend; test_jax.py compares those of two backends.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import keras
import numpy as np
from keras import ops, tree

from dfnet_tf.config import LossConfig, RobustLossConfig
from dfnet_tf.geometry import object_motion, optical_flow, patchwork, rigid_motion, scene_flow
from dfnet_tf.losses import distillation, objective, robust
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.networks import depth_net, flow_net, pose_net
from dfnet_tf.presets import preset

HEIGHT, WIDTH, CLIPS, FRAMES = 64, 96, 2, 3
PAIRS = CLIPS * 2 * (FRAMES - 1)
INTRINSICS = np.array(
    [[[70, 0, 46], [0, 60, 33], [0, 0, 1]], [[55, 0, 50], [0, 65, 30], [0, 0, 1]]], "float32"
)


def waves(seed: int, *shape: int, low=0.0, high=1.0):
    """Smooth maps of `shape` [..., H, W, C] between two values, all different."""
    *batch, height, width, channels = shape
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    draw = np.random.default_rng(seed).uniform
    across, down, phase = draw(-15, 15, [3, 4, *batch, 1, 1, channels])
    maps = np.sin(across * x[..., None] + down * y[..., None] + phase).mean(axis=0)
    return (low + (high - low) * (0.5 + 0.5 * maps)).astype("float32")


def motions(seed: int, *shape: int):
    """Six-vectors [*shape, 6] of about a tenth of a unit and a fiftieth of a radian."""
    vectors = np.random.default_rng(seed).normal(size=[*shape, 6])
    return (vectors * np.repeat([0.1, 0.02], 3)).astype("float32")


def with_gradients(function: Callable, inputs):
    """A dictionary of arrays, and the gradient of their sum by every array of `inputs`."""
    inputs = tree.map_structure(ops.convert_to_tensor, inputs)

    def total(inputs):
        values = function(inputs)
        return sum(ops.sum(value) for value in values.values()), values

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(inputs)
            summed, values = total(inputs)
        slopes = tape.gradient(summed, inputs, unconnected_gradients="zero")
    else:
        import jax

        (_, values), slopes = jax.jit(jax.value_and_grad(total, has_aux=True))(inputs)
    return {"values": values, "gradients": slopes}


def geometry():
    """Results of the geometry from depth, motion, flow and pictures."""
    maps = {
        "depth": waves(0, CLIPS, HEIGHT, WIDTH, 1, low=1, high=5),
        "motion": motions(1, CLIPS),
        "flow": waves(2, CLIPS, HEIGHT, WIDTH, 2, low=-4, high=4),
        "images": waves(3, CLIPS, HEIGHT, WIDTH, 3),
    }
    draws = np.random.default_rng(4).uniform(size=[CLIPS, patchwork.NUM_DRAWS]).astype("float32")

    def function(maps):
        depth, flow, images = maps["depth"], maps["flow"], maps["images"]
        matrices = rigid_motion.matrix_from_six_vector(maps["motion"])
        rigid = optical_flow.rigid_flow(depth, INTRINSICS, matrices)
        return {
            "rigid_flow": rigid,
            "warped": optical_flow.warp(images, rigid),
            "resized_flow": optical_flow.resize_flow(flow, 2 * HEIGHT, 3 * WIDTH),
            "disagreement": object_motion.disagreement(flow, rigid),
            "patchwork": patchwork.patchwork(images, draws),
            "scene_flow": scene_flow.scene_flow(depth, depth + 0.1, flow, INTRINSICS),
            "there_and_back": rigid_motion.compose(matrices, matrices[::-1]),
        }

    return with_gradients(function, maps)


def predictions():
    """Smooth predictions at four levels, for both objectives."""
    sizes = [(HEIGHT >> level, WIDTH >> level) for level in range(4)]
    flow = {"low": -2, "high": 2}
    return {
        "disparities": [
            waves(10 + level, CLIPS, FRAMES, *size, 1, low=0.2, high=0.8)
            for level, size in enumerate(sizes)
        ],
        "motions": motions(20, CLIPS, FRAMES - 1, 2),
        "flows": [waves(30 + level, PAIRS, *size, 2, **flow) for level, size in enumerate(sizes)],
        "crop_flows": waves(40, PAIRS, HEIGHT, WIDTH, 2, **flow),
    }


def loss(module, config):
    """All terms of an objective, and the gradients of their sum by the predictions."""
    images = waves(5, CLIPS, FRAMES, HEIGHT, WIDTH, 3)
    return with_gradients(
        lambda inputs: module.objective(images, INTRINSICS, inputs, config)[1], predictions()
    )


def paper_loss():
    return loss(objective, LossConfig((12.7, 4.35, 3.9, 3.4), (2, 2, 1, 1)))


def robust_loss():
    return loss(robust, RobustLossConfig((2, 2, 1, 1), auto_mask=True))


def depth_distillation():
    taught = waves(50, PAIRS, HEIGHT, WIDTH, 1)
    sizes = [(HEIGHT >> level, WIDTH >> level) for level in range(4)]
    said = [waves(60 + i, PAIRS, *size, 1, low=0.2) for i, size in enumerate(sizes)]
    return with_gradients(lambda said: {"gap": distillation.depth_distillation(taught, said)}, said)


def draw_weights(network) -> None:
    """The same weights on every backend: He-normal, with small biases."""
    for number, variable in enumerate(network.weights):
        normal = np.random.default_rng(number).normal(size=variable.shape)
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 1e4
        variable.assign(normal * np.sqrt(2 / fan_in))


def networks():
    """The outputs of each network of preset `tiny`."""
    depth, pose, flow = depth_net.TinyDepthNet(), pose_net.TinyPoseNet(), flow_net.TinyFlowNet()

    def function(pictures):
        first, second = pictures
        said = {"depth": depth(first), "pose": [pose(first, second[:, None])]}
        said["flow"] = flow(first, second)
        return {f"{name}_{i}": m for name, maps in said.items() for i, m in enumerate(maps)}

    pictures = waves(6, 2, CLIPS, HEIGHT, WIDTH, 3)
    function(pictures)
    for network in (depth, pose, flow):
        draw_weights(network)
    return with_gradients(function, list(pictures))


def model_and_batch(objective_name: str, stage: str = "joint"):
    """A model of preset `tiny` with random weights, and a batch of clips."""
    settings = {"data__height": HEIGHT, "data__width": WIDTH, "training__stage": stage}
    model = DFNet(preset("tiny", objective_name).replace(**settings))
    images = waves(7, CLIPS, FRAMES, HEIGHT, WIDTH, 3)
    batch = {"images": images, "clean_images": images, "intrinsics": INTRINSICS}
    model(batch)
    draw_weights(model)
    return model, batch


def training_step(objective_name: str):
    """The terms of a training step, and the gradient of their sum by every weight."""
    model, batch = model_and_batch(objective_name)
    variables = model.trainable_variables

    def terms(values):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return model.loss_terms(batch, model(batch))[1]

    return with_gradients(terms, [ops.convert_to_numpy(variable) for variable in variables])


CASES = {
    "geometry": geometry,
    "paper_loss": paper_loss,
    "robust_loss": robust_loss,
    "depth_distillation": depth_distillation,
    "networks": networks,
    "paper_training_step": lambda: training_step("paper"),
    "robust_training_step": lambda: training_step("robust"),
}


def computed(case: str) -> dict[str, np.ndarray]:
    """The arrays of one of CASES, by name."""
    return {
        "/".join(map(str, (case, *path))): np.asarray(value)
        for path, value in tree.flatten_with_path(CASES[case]())
    }


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **{name: value for case in CASES for name, value in computed(case).items()})
