"""TensorBoard logs of a run: every loss term, and images of one clip after each epoch."""

import pathlib

import keras
import numpy as np
import tensorflow as tf

from dfnet_tf import clip_batch, visualize
from dfnet_tf.losses import flow_views


def callbacks(run_dir: pathlib.Path, batch: dict) -> list[keras.callbacks.Callback]:
    """The callbacks that log scalars and images of `batch` (one clip, not augmented)."""
    logs = str(run_dir / "logs")
    return [keras.callbacks.TensorBoard(logs), Pictures(logs, batch)]


class Pictures(keras.callbacks.Callback):
    """Writes a panel of the first pair of `batch` after every epoch."""

    def __init__(self, log_dir: str, batch: dict):
        super().__init__()
        self.batch = batch
        self.writer = tf.summary.create_file_writer(log_dir + "/pictures")

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        with self.writer.as_default(step=int(self.model.optimizer.iterations.numpy())):
            tf.summary.image("clip", training_panel(self.model, self.batch)[None])
        self.writer.flush()


def training_panel(model, batch: dict) -> np.ndarray:
    """An image of the first pair: frame, disparity, both flows and their visible masks.

    Leaves out what the model's stage does not predict.
    """
    predictions = model(batch, training=False)
    images, intrinsics = model.loss_inputs(batch, predictions)
    frame = np.uint8(np.rint(255 * clip_batch.first_frames(images)[0].numpy()))
    tiles, views = [("frame", frame)], {}
    if "flows" in predictions:
        views["flow"] = flow_views.predicted_view(images, predictions["flows"][0])
    if "disparities" in predictions:
        disparities = predictions["disparities"][0]
        views["rigid flow"] = flow_views.rigid_view(
            images, intrinsics, disparities, predictions["motions"]
        )
        disparity = clip_batch.first_frames(disparities)[0, ..., 0].numpy()
        tiles.append(("disparity", visualize.color_disparity(disparity)))
    flows = {name: view.flow[0].numpy() for name, view in views.items()}
    longest = np.percentile(np.linalg.norm(next(iter(flows.values())), axis=-1), 99)
    tiles += [(name, visualize.color_flow(flow, longest)) for name, flow in flows.items()]
    for name, view in views.items():
        tiles.append((f"visible by the {name}", visualize.color_mask(view.visible[0, ..., 0])))
    return visualize.panel([tiles[row : row + 2] for row in range(0, len(tiles), 2)])
