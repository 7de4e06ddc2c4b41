"""DFNet: the three networks, the objective over their predictions, and the training step."""

from typing import Any

import keras
from keras import ops

from dfnet_tf import replicas
from dfnet_tf.config import Config
from dfnet_tf.geometry import camera
from dfnet_tf.losses import distillation, objective, pairs, robust
from dfnet_tf.losses.frames import as_clips, as_frames, reduced
from dfnet_tf.networks import depth_net, flow_net, pose_net
from dfnet_tf.networks.blocks import check_size
from dfnet_tf.networks.intrinsics import LearnedIntrinsics

NETWORKS = {
    "paper": (depth_net.PaperDepthNet, pose_net.PaperPoseNet, flow_net.FlowNetC),
    "mobile": (depth_net.MobileDepthNet, pose_net.MobilePoseNet, flow_net.MobileFlowNet),
    "tiny": (depth_net.TinyDepthNet, pose_net.TinyPoseNet, flow_net.TinyFlowNet),
}
OBJECTIVES = {"paper": objective, "robust": robust}
# The networks that each stage runs, and trains, but for `distil`: it trains depth alone, of a run
# that has them all.
STAGES = {
    "flow": ("flow_net",),
    "depth": ("depth_net", "pose_net"),
    "joint": ("depth_net", "pose_net", "flow_net"),
    "distil": ("depth_net", "pose_net", "flow_net"),
}


@keras.saving.register_keras_serializable("dfnet")
class DFNet(keras.Model):
    """Depth, camera motion and optical flow of a clip, trained together (Zou et al., 2018).

    Call: a batch, a dictionary of
      images: [B, F, H, W, 3], what the networks see;
      clean_images: [B, F, H, W, 3], what the losses compare;
      intrinsics: [B, 3, 3], in pixels of H x W; or, where they are learned,
      clip: [B], whose they are, and crop: [B, 3, 3], new from old pixels in augmentation.
    Returns: the predictions, a dictionary (in the stages `flow` and `depth` a part of it) of
      disparities: list, finest first, of [B, F, h / 2^s, w / 2^s, 1], h x w = H x W or half of it;
      motions: [B, S, 2, 6], per source the six-vectors of source_from_target, target_from_source;
      flows: list, finest first, of [B * 2 * S, ., ., 2], in the order of `losses.pairs`, in pixels
        of their own grid;
      crop_flows: the finest flow of `losses.distillation.crop` of the frames, where it is taught;
      intrinsics: [B, 3, 3] of the whole frames, where they are learned.

    Args:
      config: the settings.
      num_cameras: how many clips' intrinsics are learned; 0: they come with the batches.

    Raises:
      ValueError: the networks cannot take frames of the configured size.
    """

    def __init__(self, config: Config, num_cameras: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.num_cameras = num_cameras
        depth_class, pose_class, flow_class = NETWORKS[config.network.name]
        width, num_sources = {}, {}
        if config.network.name == "paper":
            width = {"width_multiplier": config.network.width_multiplier}
            num_sources = {"num_sources": config.data.num_frames - 1}
        self.depth_net = depth_class(**width, name="depth_net")
        self.pose_net = pose_class(**num_sources, **width, name="pose_net")
        self.flow_net = flow_class(**width, name="flow_net")
        self.cameras = LearnedIntrinsics(num_cameras, *self.flow_size) if num_cameras else None
        self._check_size()
        stage = config.training.stage
        for name in STAGES["joint"]:
            getattr(self, name).trainable = name in STAGES[stage]
        self.loss_tracker = replicas.Mean(name="loss")
        self.term_trackers = [replicas.Mean(name=name) for name in self.terms]
        self.skipped_steps = replicas.Sum(name="skipped_steps")  # Of this epoch.

    @property
    def objective(self):
        """The module of `losses` whose `objective` is trained by."""
        return OBJECTIVES[self.config.loss.objective]

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the loss's summands."""
        return self.objective.STAGE_TERMS[self.config.training.stage]

    @property
    def distils_flow(self) -> bool:
        """Whether the flow of crops is predicted too, for that of the whole frames to teach it."""
        loss = self.config.loss
        return loss.objective == "robust" and loss.flow_distillation > 0

    @property
    def flow_size(self) -> tuple[int, int]:
        """Height and width of what the flow network sees."""
        return self.config.data.height, self.config.data.width

    @property
    def depth_size(self) -> tuple[int, int]:
        """Height and width of what the depth and pose networks see, and the losses compare."""
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
        networks = STAGES[self.config.training.stage]
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
        """Of all pairs of the frames [B, F, H, W, 3]; each frame is encoded once."""
        num_frames = images.shape[1]
        features = self.flow_net.encode(as_frames(images))
        features = [as_clips(maps, num_frames) for maps in features]
        return self.flow_net.estimate(
            [pairs.first_frames(maps) for maps in features],
            [pairs.second_frames(maps) for maps in features],
        )

    def _disparities_and_motions(self, small, training):
        num_frames = small.shape[1]
        disparities = self.depth_net(as_frames(small), training=training)
        sources = ops.take(small, ops.convert_to_tensor(pairs.source_indices(num_frames)), axis=1)
        motions = self.pose_net(small[:, pairs.target_index(num_frames)], sources)
        disparities = [as_clips(maps, num_frames) for maps in disparities]
        return {"disparities": disparities, "motions": motions}

    def loss_inputs(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """The clean frames, and their intrinsics, at the size at which the losses compare them."""
        if self.cameras:  # Not cropped in `call`, whose inputs a policy may cast to bfloat16.
            intrinsics = camera.intrinsics_after(batch["crop"], predictions["intrinsics"])
        else:
            intrinsics = batch["intrinsics"]
        scale = 1.0 / self.config.network.depth_downscale
        intrinsics = camera.scale_intrinsics(intrinsics, scale, scale)
        return self.downscale(batch["clean_images"]), intrinsics

    def loss_terms(self, batch: dict[str, Any], predictions: dict[str, Any]):
        """The objective of these predictions: the total, and its summands by name."""
        inputs = self.loss_inputs(batch, predictions)
        return self.objective.objective(*inputs, predictions, self.config.loss)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Keras's hook: the total loss, its terms noted in the trackers."""
        del y, sample_weight, training  # Nothing is labelled.
        total, terms = self.loss_terms(x, y_pred)
        self._track({"loss": total, **terms})
        return total

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Keras's, without its own tracker of the loss, which would add up the replicas'."""
        return [metric for metric in super().metrics if metric is not self._loss_tracker]

    def train_step(self, *args):
        """One step on (batch,), this replica's part of a global batch; see `replicas.apply_sums`.

        A step whose losses or gradients hold NaN or infinity is skipped: it changes no weight,
        enters no average, and counts in `skipped_steps`. On a backend other than TensorFlow:
        Keras's own step.
        """
        if keras.backend.backend() != "tensorflow":
            return super().train_step(*args)
        import tensorflow as tf

        batch, _, _ = keras.utils.unpack_x_y_sample_weight(args[0])
        with tf.GradientTape() as tape:
            predictions = self(batch, training=True)
        outputs = tf.nest.flatten(predictions)
        share = 1.0 / self.distribute_strategy.num_replicas_in_sync
        total, terms, output_gradients = self._loss_and_gradient(
            batch, predictions, tf.convert_to_tensor(self.optimizer.scale_loss(share))
        )
        gradients = tape.gradient(outputs, self.trainable_variables, output_gradients)
        gradients = self._without_depth_at_first(gradients)
        shares = {name: value * share for name, value in {"loss": total, **terms}.items()}
        losses, applied, skipped = replicas.apply_sums(
            self.optimizer, self.trainable_variables, shares, gradients
        )
        losses = {name: tf.where(applied, value, 0.0) for name, value in losses.items()}
        self._track(losses, tf.cast(applied, "float32"))
        self.skipped_steps.update_state(skipped)
        return self.get_metrics_result()

    def make_train_function(self, force: bool = False):
        """Keras's; for several workers replicas' own, for there Keras 3.15 fails."""
        if keras.backend.backend() == "tensorflow" and replicas.several_workers(self):
            self.train_function = replicas.train_function(self)
            return self.train_function
        return super().make_train_function(force)

    def _maybe_symbolic_build(self, *args, **kwargs):
        """Keras's under a strategy: not once built, for it takes a batch, and fails on workers."""
        if not self.built:
            super()._maybe_symbolic_build(*args, **kwargs)

    def _loss_and_gradient(self, batch, predictions, scale=1.0):
        """The loss, its terms, and `scale` times the loss's gradient by every prediction.

        As one XLA program if asked. Compiled alone the losses, thousands of element-wise
        operations, fuse; the convolutions would only become slower.
        """
        import tensorflow as tf

        @tf.function(jit_compile=self.config.training.jit_loss, autograph=False)
        def compute(batch, predictions, scale):
            outputs = tf.nest.flatten(predictions)
            with tf.GradientTape() as tape:
                tape.watch(outputs)
                total, terms = self.loss_terms(batch, predictions)
                scaled = total * scale
            # Predictions without a loss get zeros: a missing gradient would count as ones.
            unconnected = tf.UnconnectedGradients.ZERO
            return total, terms, tape.gradient(scaled, outputs, unconnected_gradients=unconnected)

        return compute(batch, predictions, scale)

    def _without_depth_at_first(self, gradients):
        """The gradients, those of the depth network zero in the first `motion_first` steps."""
        if not self.config.training.motion_first:
            return gradients
        started = self.optimizer.iterations >= self.config.training.motion_first
        depth = {id(variable) for variable in self.depth_net.trainable_variables}
        return [
            ops.where(started, gradient, 0.0) if id(variable) in depth else gradient
            for variable, gradient in zip(self.trainable_variables, gradients, strict=True)
        ]

    def _check_size(self) -> None:
        """Raises ValueError here, where Keras adds no paragraphs of its own to it."""
        sizes = {
            self.flow_net: self.flow_size,
            self.depth_net: self.depth_size,
            self.pose_net: self.depth_size,
        }
        for network, size in sizes.items():
            check_size(keras.KerasTensor((1, *size, 3)), network.size_multiple)

    def _track(self, losses, weight=None) -> None:
        for tracker in (self.loss_tracker, *self.term_trackers):
            tracker.update_state(losses[tracker.name], sample_weight=weight)

    def downscale(self, clips):
        """Clips at the size of the depth and pose networks and of the losses, area-resized."""
        return reduced(clips, self.config.network.depth_downscale)

    def get_config(self):
        settings = {"config": self.config.to_dict(), "num_cameras": self.num_cameras}
        return {**super().get_config(), **settings}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": Config.from_dict(config["config"])})
