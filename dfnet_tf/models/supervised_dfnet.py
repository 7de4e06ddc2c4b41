"""SupervisedDFNet: a DFNet whose three networks learn the truth of rendered clips."""

import keras
from keras import ops

from dfnet_tf.geometry import optical_flow, rigid_motion, scene_flow
from dfnet_tf.losses import supervised
from dfnet_tf.models.dfnet import DFNet

WEIGHTS = {"depth_error": 1.0, "flow_error": 1.0, "motion_error": 0.3, "scene_flow_error": 0.5}


@keras.saving.register_keras_serializable("dfnet")
class SupervisedDFNet(DFNet):
    """The model of stage `supervised`: depth, flow and motion learn from exact labels.

    Depth learns log disparity, flow learns flow, and motion learns the flow that it induces
    together with the true depth of what stands still. The scene flow that depth and flow imply is
    compared too (Liang et al., ZeroMSF, CVPR 2025), so depth and flow learn to agree.

    Call: a batch of clips of two frames, as for `DFNet`, and in training also
      labels: [B, 1, H, W, 6], of the first frame: log disparity; log disparity that the same points
        have in the second frame; flow (x, y); whether the second frame shows the point; whether it
        stands still and is nearer than the horizon.
    Returns: in training `disparities` and `motions` as `DFNet` predicts them, and
      flows_forth: list, finest first, of [B, h, w, 2], in pixels of their own grid;
      otherwise the predictions of `DFNet`.
    """

    def call(self, batch, training: bool | None = None):
        if not training:
            return super().call(batch, training)
        first, second = (batch["images"][:, i] for i in range(2))
        small = self.downscale(batch["images"])
        flows = self.flow_net(first, second)
        return {"flows_forth": flows, **self._disparities_and_motions(small, training)}

    def loss_terms(self, batch, predictions):
        _, intrinsics = self.loss_inputs(batch, predictions)
        truth = self._truth(batch["labels"])
        disparities = [maps[:, 0] for maps in predictions["disparities"]]
        flows = predictions["flows_forth"]
        terms = {
            "depth_error": supervised.depth_error(disparities, truth["log_disparity"]),
            "flow_error": supervised.flow_error(flows, self._flow_labels(batch["labels"])),
            "motion_error": self._motion_error(predictions["motions"], intrinsics, truth),
            "scene_flow_error": self._scene_flow_error(predictions, intrinsics, truth),
        }
        terms = {name: ops.mean(errors) for name, errors in terms.items()}
        return sum(WEIGHTS[name] * error for name, error in terms.items()), terms

    def _flow_labels(self, labels):
        """Flow and its weight, which is 1: rendered flow is known everywhere. [B, H, W, 3]."""
        flow = labels[:, 0, ..., 2:4]
        return ops.concatenate([flow, ops.ones_like(flow[..., :1])], axis=-1)

    def _truth(self, labels) -> dict:
        """The labels at the size of depth: every `depth_downscale`-th pixel."""
        step = self.config.network.depth_downscale
        labels = ops.stop_gradient(labels[:, 0, step // 2 :: step, step // 2 :: step])
        return {
            "log_disparity": labels[..., :1],
            "next_log_disparity": labels[..., 1:2],
            "flow": labels[..., 2:4] / step,
            "visible": labels[..., 4:5],
            "static": labels[..., 5:],
        }

    def _motion_error(self, motions, intrinsics, truth):
        """Of both predicted motions, the second of which leads back. [B], in pixels."""
        there, back = (rigid_motion.matrix_from_six_vector(motions[:, 0, i]) for i in (0, 1))
        depth = ops.exp(-truth["log_disparity"])
        errors = [
            supervised.endpoint_error(
                optical_flow.rigid_flow(depth, intrinsics, motion), truth["flow"], truth["static"]
            )
            for motion in (there, rigid_motion.inverse(back))
        ]
        return 0.5 * (errors[0] + errors[1])

    def _scene_flow_error(self, predictions, intrinsics, truth):
        """The error of the points' 3-D motion, as a share of their mean distance. [B]."""
        first, second = (ops.reciprocal(predictions["disparities"][0][:, i]) for i in (0, 1))
        flow = optical_flow.resize_flow(predictions["flows_forth"][0], *self.depth_size)
        predicted = scene_flow.scene_flow(
            first, scene_flow.depth_at_end_points(second, flow), flow, intrinsics
        )
        depth, next_depth = (ops.exp(-truth[f"{i}log_disparity"]) for i in ("", "next_"))
        true = scene_flow.scene_flow(depth, next_depth, truth["flow"], intrinsics)
        return supervised.scene_flow_error(predicted, first, true, depth, truth["visible"])
