"""FilmStudent: a trained DFNet whose depth network learns labels computed beforehand."""

import keras
from keras import ops

from dfnet_tf.clip_batch import as_frames, reduced
from dfnet_tf.config import Config
from dfnet_tf.geometry import patchwork
from dfnet_tf.losses import distillation
from dfnet_tf.models.dfnet import DFNet

NUM_DRAWS = patchwork.NUM_DRAWS + 1  # The last draw decides whether a frame becomes a patchwork.
EDGES = 0.3  # Weight of the differences between neighbouring pixels.
UNIT = 0.1  # Weight of the gap between an image's mean depth and its label's.
PATCHWORKS = 0.5  # Share of the frames that become patchworks.


@keras.saving.register_keras_serializable("dfnet")
class FilmStudent(DFNet):
    """The model of stage `distil` with teacher `film` or `truth`: depth learns from labels.

    The labels are the geometry of films (`film.labels`) or the truth of rendered clips. Half of the
    frames are seen whole, the others as patchworks, so that depth learns from the
    appearance of things and not only from their position. Pose and flow networks do not change.

    Call: in training, a batch with `images` and
      labels: [B, F, H, W, 2], log disparity and confidence;
      draws: [B, F, NUM_DRAWS] in [0, 1).
    Returns: in training
      taught: [B * F, h, w, 2], the labels of the network's input;
      disparities_seen: the predictions, list, finest first, of [B * F, h / 2^s, w / 2^s, 1];
      otherwise the predictions of `DFNet`, for which there is no loss.
    """

    def __init__(self, config: Config, num_cameras: int = 0, **kwargs):
        # The networks cast their images to bfloat16 themselves; labels must stay as they are.
        super().__init__(config, num_cameras, autocast=False, **kwargs)

    def call(self, batch, training: bool | None = None):
        if not training:
            return super().call(batch, training)
        draws = as_frames(batch["draws"])
        labels = reduced(batch["labels"], self.config.network.depth_downscale)
        seen, taught = (
            _some_as_patchworks(as_frames(maps), draws)
            for maps in (self.downscale(batch["images"]), labels)
        )
        return {"taught": taught, "disparities_seen": self.depth_net(seen)}

    def loss_terms(self, batch, predictions):
        del batch  # The predictions hold the labels.
        taught, seen = predictions["taught"], predictions["disparities_seen"]
        unsure = self.config.training.unsure_weight
        gap = ops.mean(distillation.film_depth(taught, seen, unsure))
        edges = ops.mean(distillation.depth_edges(taught, seen))
        unit = ops.mean(distillation.depth_unit(taught, seen, unsure))
        terms = {"film_depth": gap, "depth_edges": edges, "depth_unit": unit}
        return gap + EDGES * edges + UNIT * unit, terms


def _some_as_patchworks(maps, draws):
    """Makes a share PATCHWORKS of the maps [N, H, W, C] patchworks; `draws` [N, NUM_DRAWS]."""
    chosen = draws[:, -1, None, None, None] < PATCHWORKS
    return ops.where(chosen, patchwork.patchwork(maps, draws[:, :-1]), maps)
