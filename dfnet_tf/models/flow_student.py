"""FlowStudent: a DFNet whose flow network learns from labels."""

import keras
from keras import ops

from dfnet_tf.losses import supervised
from dfnet_tf.models.dfnet import DFNet


@keras.saving.register_keras_serializable("dfnet")
class FlowStudent(DFNet):
    """The model of stage `flow` with teacher `truth` or `film`: flow learns labels.

    Call: in training, a batch with
      images: [B, 2, H, W, 3];
      labels: [B, 1, H, W, 3], flow in pixels from the first to the second image, and weight.
    Returns: in training
      flows_forth: list, finest first, of [B, h, w, 2], in pixels of their own grid;
      otherwise the predictions of `DFNet`, for which there is no loss.
    """

    def call(self, batch, training: bool | None = None):
        if not training:
            return super().call(batch, training)
        first, second = (batch["images"][:, i] for i in range(2))
        return {"flows_forth": self.flow_net(first, second)}

    def loss_terms(self, batch, predictions):
        errors = supervised.flow_error(predictions["flows_forth"], batch["labels"][:, 0])
        total = ops.mean(errors)
        return total, {"flow_error": total}
