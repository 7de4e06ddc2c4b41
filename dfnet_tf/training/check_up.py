"""Observes a run on one real batch; `doctor` judges the observation."""

import pathlib
from typing import Any

import keras
import numpy as np
from keras import ops

from dfnet_tf.data.preparation.stills_and_cuts import MotionGate
from dfnet_tf.losses import flow_views
from dfnet_tf.program import outputs
from dfnet_tf.training import collapse, doctor, run_lists
from dfnet_tf.training.doctor import Observation

STILL = 1.5  # Grey levels, the value the README suggests for `prepare --static_threshold`.


class CheckUp(keras.callbacks.Callback):
    """Records every epoch in epochs.json; `report` judges the run and writes doctor.md.

    Args:
      run_dir: the run's folder.
      batch: the batch to observe, not augmented.
      num_epochs: number of epochs in the checkpoint. Records of later epochs are dropped.

    Raises:
      RunError: epochs.json is not a file that this program wrote.
    """

    def __init__(self, run_dir: pathlib.Path, batch: dict[str, Any], num_epochs: int = 0):
        super().__init__()
        self.path, self.batch = run_dir / doctor.FILE, batch
        self.epochs_path = run_dir / doctor.EPOCHS
        self.epochs = run_lists.read(self.epochs_path)[:num_epochs]

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 (Keras's signature)
        values = {name: float(value) for name, value in logs.items()}
        predictions = self.model(self.batch, training=False)
        if "disparities" in predictions:
            values["median_disparity"] = float(np.median(predictions["disparities"][0]))
        self.epochs.append(values)
        run_lists.write(self.epochs_path, self.epochs)

    def report(self) -> None:
        """Checks the current model, prints the result and writes doctor.md."""
        seen = observe(self.model, self.batch)
        doctor.remember(seen, self.epochs, self.model.config)
        step = int(self.model.optimizer.iterations.numpy())
        with outputs.whole_file(self.path) as new:
            new.write_text(doctor.report(seen, step))
        if found := doctor.findings(seen):
            print(f"This run does not look well, see {self.path}:", *found, sep="\n- ")
        else:
            print(f"Nothing suspicious in this run, see {self.path}.")


def observe(model, batch: dict[str, Any]) -> Observation:
    """Observes a model, trained in any stage, on a batch as `DFNet` takes it."""
    predictions = model(batch, training=False)
    images, intrinsics = model.loss_inputs(batch, predictions)
    seen = Observation(still_share=_still_share(np.array(images)))
    seen.finite = all(np.isfinite(values).all() for values in keras.tree.flatten(predictions))
    if not seen.finite:
        return seen
    if "flows" in predictions:
        view = flow_views.predicted_view(images, predictions["flows"][0])
        seen.flow_length, seen.flow_visible = _length(view.flow), float(ops.mean(view.visible))
    if "disparities" in predictions:
        disparities = predictions["disparities"][0]
        view = flow_views.rigid_view(images, intrinsics, disparities, predictions["motions"])
        seen.rigid_length, seen.rigid_visible = _length(view.flow), float(ops.mean(view.visible))
        seen.disparity_spread = collapse.spread(disparities)
        seen.disparity_median = float(np.median(disparities))
    return seen


def _length(flow) -> float:
    return float(ops.mean(ops.norm(flow, axis=-1)))


def _still_share(clips: np.ndarray) -> float:
    """The share of consecutive frame pairs in [B, F, H, W, 3] that `prepare` would call static."""
    still = []
    for clip in np.uint8(np.rint(255.0 * clips)):
        for first, second in zip(clip, clip[1:], strict=False):
            gate = MotionGate(STILL)
            gate.refusal(first)
            still.append(gate.refusal(second) is not None)
    return float(np.mean(still))
