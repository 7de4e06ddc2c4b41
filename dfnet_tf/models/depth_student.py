"""DepthStudent: a trained DFNet whose depth network learns from a frozen copy of itself."""

import keras
from keras import ops

from dfnet_tf.clip_batch import as_frames
from dfnet_tf.config import Config
from dfnet_tf.geometry import patchwork
from dfnet_tf.losses import distillation
from dfnet_tf.models.dfnet import DFNet


@keras.saving.register_keras_serializable("dfnet")
class DepthStudent(DFNet):
    """The model of stage `distil` with teacher `network`: depth learns from its own frozen copy.

    Trained on a few drives, a network memorises where near things usually appear in a frame. In a
    patchwork of parts of a frame nothing is where it usually is, so the student must use the
    appearance of things. The teacher predicts the depth of clean frames; its predictions, cut like
    the patchwork, are the labels. The teacher stays frozen: if it were trained too, teacher and
    student could agree on a constant. Labelling mixed images follows Depth Anything (Yang et al.,
    CVPR 2024). Pose and flow networks do not change.

    Call: in training, a batch with the inputs of `DFNet` and
      draws: [B, F, patchwork.NUM_DRAWS] in [0, 1).
    Returns: in training
      taught: [B * F, h, w, 1], the teacher's log disparities of the patchworks;
      patchwork_disparities: the student's, list, finest first, of [B * F, h / 2^s, w / 2^s, 1];
      otherwise the predictions of `DFNet`, for which there is no loss.
    """

    def __init__(self, config: Config, num_cameras: int = 0, **kwargs):
        super().__init__(config, num_cameras, **kwargs)
        like = {**self.depth_net.get_config(), "name": "teacher"}
        self.teacher = type(self.depth_net).from_config(like)
        self.teacher.trainable = False

    def build(self, input_shape=None):
        self.teacher(ops.zeros((1, *self.depth_size, 3)))
        super().build(input_shape)

    def take_teacher(self) -> None:
        """Copies the depth network's current weights to the teacher."""
        self.teacher.set_weights(self.depth_net.get_weights())

    def call(self, batch, training: bool | None = None):
        if not training:
            return super().call(batch, training)
        draws = as_frames(batch["draws"])
        clean, seen = (
            as_frames(self.downscale(batch[name])) for name in ("clean_images", "images")
        )
        taught = ops.log(self.teacher(clean)[0])
        return {
            "taught": patchwork.patchwork(taught, draws),
            "patchwork_disparities": self.depth_net(patchwork.patchwork(seen, draws)),
        }

    def loss_terms(self, batch, predictions):
        del batch  # The predictions hold the labels.
        gap = distillation.depth_distillation(
            predictions["taught"], predictions["patchwork_disparities"]
        )
        total = ops.mean(gap)
        return total, {"depth_distillation": total}
