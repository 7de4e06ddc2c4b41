"""DFNet: the three networks and the objective on their predictions."""

from typing import Any

import keras
from keras import ops

from dfnet_tf import clip_batch, stages
from dfnet_tf.clip_batch import as_clips, as_frames, reduced
from dfnet_tf.config import Config
from dfnet_tf.geometry import camera
from dfnet_tf.losses import distillation, objective, robust
from dfnet_tf.models.trainable import TrainableModel
from dfnet_tf.networks import depth_net, flow_net, pose_net
from dfnet_tf.networks.blocks import check_size
from dfnet_tf.networks.intrinsics import LearnedIntrinsics

NETWORKS = {
    "paper": (depth_net.PaperDepthNet, pose_net.PaperPoseNet, flow_net.FlowNetC),
    "mobile": (depth_net.MobileDepthNet, pose_net.MobilePoseNet, flow_net.MobileFlowNet),
    "tiny": (depth_net.TinyDepthNet, pose_net.TinyPoseNet, flow_net.TinyFlowNet),
}
OBJECTIVES = {"paper": objective, "robust": robust}


@keras.saving.register_keras_serializable("dfnet")
class DFNet(TrainableModel):
    """Depth, camera motion and optical flow of a clip, trained together (Zou et al., 2018).

    Call: a batch, a dictionary of

    - images: [B, F, H, W, 3], the networks' input;
    - clean_images: [B, F, H, W, 3], compared by the losses;
    - intrinsics: [B, 3, 3], in pixels of H x W; or, if they are learned,
    - clip: [B], the index of each clip, and crop: [B, 3, 3], new from old pixels in augmentation.

    Result: the predictions, a dictionary (stages `flow` and `depth` return a part of it) of

    - disparities: list, finest first, of [B, F, h / 2^s, w / 2^s, 1], h x w = H x W or half of it;
    - motions: [B, S, 2, 6], per source the six-vectors of source_from_target, target_from_source;
    - flows: list, finest first, of [B * 2 * S, ., ., 2], in the order of `clip_batch`, in pixels
      of their own grid;
    - crop_flows: if flow is distilled, the finest flow of the frames cropped by
      `losses.distillation.crop`;
    - intrinsics: [B, 3, 3] of the whole frames, if they are learned.

    Args:
      config: the settings.
      num_cameras: the number of clips whose intrinsics are learned; 0: batches hold the intrinsics.

    Raises:
      ValueError: the networks cannot take frames of the configured size.
    """

    def __init__(self, config: Config, num_cameras: int = 0, **kwargs):
        super().__init__(jit_loss=config.training.jit_loss, **kwargs)
        self.config = config
        self.num_cameras = num_cameras
        depth_class, pose_class, flow_class = NETWORKS[config.network.name]
        width, num_sources = {}, {}
        upsampling = {"upsampling": config.network.flow_upsampling}
        if config.network.name == "paper":
            width = {"width_multiplier": config.network.width_multiplier}
            num_sources, upsampling = {"num_sources": config.data.num_frames - 1}, {}
        self.depth_net = depth_class(**width, name="depth_net")
        self.pose_net = pose_class(**num_sources, **width, name="pose_net")
        self.flow_net = flow_class(**width, **upsampling, name="flow_net")
        self.cameras = LearnedIntrinsics(num_cameras, *self.flow_size) if num_cameras else None
        self._check_size()
        for name in stages.NETWORKS:
            getattr(self, name).trainable = name in self.stage.trained
        self.track(self.stage.terms[config.loss.objective])

    @property
    def stage(self) -> stages.Stage:
        """The stage, which says which networks run and which are trained."""
        return stages.of(self.config.training)

    @property
    def objective(self):
        """The module of `losses` whose `objective` is the training loss."""
        return OBJECTIVES[self.config.loss.objective]

    @property
    def distils_flow(self) -> bool:
        """True if flow is also predicted on crops, supervised by the flow of the whole frames."""
        loss = self.config.loss
        return loss.objective == "robust" and loss.flow_distillation > 0

    @property
    def flow_size(self) -> tuple[int, int]:
        """Height and width of the flow network's input."""
        return self.config.data.height, self.config.data.width

    @property
    def depth_size(self) -> tuple[int, int]:
        """Height and width of the input of depth and pose networks and losses."""
        downscale = self.config.network.depth_downscale
        return self.config.data.height // downscale, self.config.data.width // downscale

    def build(self, input_shape=None):
        """Creates every variable, so that weights can be loaded before the first call."""
        image, small = ops.zeros((1, *self.flow_size, 3)), ops.zeros((1, *self.depth_size, 3))
        self.flow_net(image, image)
        self.depth_net(small)
        self.pose_net(small, ops.repeat(small[:, None], self.config.data.num_frames - 1, axis=1))
        if self.cameras:
            self.cameras(ops.zeros((1,), "int32"))
        super().build(input_shape)

    def call(self, batch: dict[str, Any], training: bool | None = None) -> dict[str, Any]:
        networks = self.stage.networks
        predictions, num_frames = {}, batch["images"].shape[1]
        if "flow_net" in networks:
            predictions["flows"] = self._flows(batch["images"])
            if self.distils_flow:
                crops = as_clips(distillation.crop(as_frames(batch["images"])), num_frames)
                predictions["crop_flows"] = self._flows(crops)[0]
        if "depth_net" in networks:
            small = self.downscale(batch["images"])
            predictions |= self._disparities_and_motions(small, training)
        if self.cameras:
            predictions["intrinsics"] = self.cameras(batch["clip"])
        return predictions

    def _flows(self, images):
        """Flows of all pairs of the frames [B, F, H, W, 3]; each frame is encoded once."""
        num_frames = images.shape[1]
        features = self.flow_net.encode(as_frames(images))
        features = [as_clips(maps, num_frames) for maps in features]
        return self.flow_net.estimate(
            [clip_batch.first_frames(maps) for maps in features],
            [clip_batch.second_frames(maps) for maps in features],
        )

    def _disparities_and_motions(self, small, training):
        num_frames = small.shape[1]
        disparities = self.depth_net(as_frames(small), training=training)
        sources = ops.take(
            small, ops.convert_to_tensor(clip_batch.source_indices(num_frames)), axis=1
        )
        motions = self.pose_net(small[:, clip_batch.target_index(num_frames)], sources)
        disparities = [as_clips(maps, num_frames) for maps in disparities]
        return {"disparities": disparities, "motions": motions}

    def loss_inputs(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """Returns the clean frames and their intrinsics, at the resolution of the losses."""
        if self.cameras:  # Not in `call`: a dtype policy may cast its inputs to bfloat16.
            intrinsics = camera.intrinsics_after(batch["crop"], predictions["intrinsics"])
        else:
            intrinsics = batch["intrinsics"]
        scale = 1.0 / self.config.network.depth_downscale
        intrinsics = camera.scale_intrinsics(intrinsics, scale, scale)
        return self.downscale(batch["clean_images"]), intrinsics

    def loss_terms(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """Returns the total objective of these predictions, and its terms by name."""
        inputs = self.loss_inputs(batch, predictions)
        return self.objective.objective(*inputs, predictions, self.config.loss)

    def gradients_to_apply(self, gradients):
        """All gradients; the depth network's are 0 in the first `motion_first` steps."""
        if not self.config.training.motion_first:
            return gradients
        started = self.optimizer.iterations >= self.config.training.motion_first
        depth = {id(variable) for variable in self.depth_net.trainable_variables}
        return [
            ops.where(started, gradient, 0.0) if id(variable) in depth else gradient
            for variable, gradient in zip(self.trainable_variables, gradients, strict=True)
        ]

    def _check_size(self) -> None:
        """Raises ValueError for a wrong size here, where Keras does not lengthen the message."""
        sizes = {
            self.flow_net: self.flow_size,
            self.depth_net: self.depth_size,
            self.pose_net: self.depth_size,
        }
        for network, size in sizes.items():
            check_size(size, network.size_multiple)

    def downscale(self, clips):
        """Area-resizes clips to the resolution of depth and pose networks and losses."""
        return reduced(clips, self.config.network.depth_downscale)

    def get_config(self):
        settings = {"config": self.config.to_dict(), "num_cameras": self.num_cameras}
        return {**super().get_config(), **settings}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": Config.from_dict(config["config"])})
