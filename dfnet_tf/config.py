"""Settings as frozen dataclasses, checked when built; `presets` has those that have a name."""

import dataclasses
import json
import math
import pathlib
import typing

from dfnet_tf import stages

MOST_BYTES = 2**20  # Of a run's settings, which are a page long.


class ConfigError(ValueError):
    """A setting, or two of them together, that cannot work."""


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """What a training batch looks like.

    `height` x `width` is what the flow network sees; a clip has `num_frames` frames, two or an odd
    number, whose middle (of two: the first) is the target. Augmentation (SfMLearner, UnFlow): one
    scale in [1, `max_scale`] per axis and a crop, intrinsics moved along; with `flip`, left and
    right exchanged in half of the clips; colours of the networks' inputs only, the same for all
    frames of a clip.
    """

    height: int
    width: int
    num_frames: int
    batch_size: int
    max_scale: float = 1.15
    flip: bool = False
    contrast: float = 0.2  # Uniform in 1 +- this.
    brightness: float = 0.02  # Standard deviation of the offset.
    channel_gain: float = 0.1  # Uniform in 1 +- this, per channel.
    gamma: float = 0.2  # Uniform in 1 +- this.
    noise: float = 0.04  # Standard deviation of one offset per channel.
    intrinsics: str = "given"  # Or learned: those of the clips are a first guess.
    broken_share: float = 0.01  # Of windows with a frame that cannot be read; of more it ends.

    def __post_init__(self):
        sides = self.height, self.width
        _require(min(sides) >= 32 and max(sides) <= 8192, "height and width from 32 to 8192", self)
        _require(
            self.num_frames == 2 or (3 <= self.num_frames < 100 and self.num_frames % 2 == 1),
            "num_frames to be 2 or an odd number from 3 to 99",
            self,
        )
        _require(1 <= self.batch_size <= 2**16, "batch_size from 1 to 65536", self)
        _require(1.0 <= self.max_scale <= 2.0, "max_scale in [1, 2]", self)
        _require(self.intrinsics in ("given", "learned"), "intrinsics given or learned", self)
        _require(0.0 <= self.broken_share <= 1.0, "broken_share in [0, 1]", self)


UPSAMPLINGS = ("bilinear", "learned")


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """Which networks: `name` is paper, mobile or tiny.

    `flow_upsampling` says how mobile's and tiny's flow is enlarged from 1/4 to the size of the
    frames: bilinear, or learned, which gives sharper edges; see `networks.flow_net.PwcFlowNet`.

    Depth and pose networks and all losses work at 1 / `depth_downscale` of the flow network's size.
    With `imagenet`, mobile's depth encoder starts from ImageNet's weights, not from random ones.
    Layers of `paper` have `width_multiplier` times its channels, 98 million weights at 1.
    """

    name: str
    depth_downscale: int = 1
    imagenet: bool = False
    width_multiplier: float = 1.0
    flow_upsampling: str = "bilinear"

    def __post_init__(self):
        _require(self.name in ("paper", "mobile", "tiny"), "name paper, mobile or tiny", self)
        _require(self.depth_downscale in (1, 2), "depth_downscale 1 or 2", self)
        _require(self.name == "mobile" or not self.imagenet, "imagenet with mobile alone", self)
        _require(0 < self.width_multiplier <= 1, "width_multiplier in (0, 1]", self)
        _require(
            self.flow_upsampling in UPSAMPLINGS,
            f"flow_upsampling of {', '.join(UPSAMPLINGS)}",
            self.flow_upsampling,
        )
        _require(
            self.flow_upsampling == "bilinear" or self.name != "paper",
            "flow_upsampling learned with mobile and tiny alone",
            self,
        )
        _require(
            self.name == "paper" or self.width_multiplier == 1,
            "width_multiplier with paper alone",
            self,
        )


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Weights of the seven terms (DF-Net, section 3; SPEC of the released program).

    Level s of the image pyramid has `level_weights[s]`; the flow terms use every level, the depth
    terms the first four. Census windows have `census_radii[s]` pixels on either side (the rigid
    photometric term takes the next coarser level's).
    """

    level_weights: tuple[float, ...] = (12.7, 4.35, 3.9, 3.4, 1.1)
    census_radii: tuple[int, ...] = (3, 2, 2, 1, 1)
    rigid_photometric: float = 1.0
    flow_photometric: float = 1.0
    depth_smoothness: float = 3.0
    flow_smoothness: float = 3.0
    depth_consistency: float = 0.2
    flow_consistency: float = 0.2
    cross_task: float = 0.5
    rigid_occlusions: bool = True  # Do the terms of depth leave out what the rigid flow hides?
    objective: str = dataclasses.field(default="paper", init=False)

    def __post_init__(self):
        _require(
            len(self.level_weights) == len(self.census_radii) >= 4,
            "as many level_weights as census_radii, at least 4",
            self,
        )
        weights = dataclasses.astuple(self)[2:-1] + self.level_weights
        _require(min(weights) >= 0, "weights >= 0", self)


@dataclasses.dataclass(frozen=True)
class RobustLossConfig:
    """Weights and switches of what was found after DF-Net; a weight of 0 turns its part off.

    What did not help when it was measured is off (README, "In stages"). So is `auto_mask`, for
    another reason: while motion is near zero it hides most of what would make it grow. From random
    weights (`tiny`, 64x96, rendered, 300 steps of stage depth) abs rel was 0.478 with it and 0.292
    without. For films with many standing frames, start it from a trained run.

    Levels beyond a list, of weights or of `census_radii` (as in `LossConfig`), are left out.
    """

    census_radii: tuple[int, ...] = (3, 2, 2, 1, 1)
    depth_level_weights: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)  # Monodepth2, ICCV 2019.
    flow_level_weights: tuple[float, ...] = (1.0, 0.34, 0.31, 0.27, 0.09)  # UnFlow, from 1 on.
    full_resolution: bool = True  # Monodepth2: coarser disparities are enlarged before they warp.
    rigid_photometric: float = 1.0
    ssim: float = 0.85  # The share of it that is not L1 (Monodepth, CVPR 2017).
    minimum_over_sources: bool = False  # Monodepth2.
    auto_mask: bool = False  # Monodepth2: not where a standing camera explains the pixel better.
    consistency_mask: bool = False  # SC-SfMLearner, NeurIPS 2019: less where depths disagree.
    depth_smoothness: float = 0.1  # SC-SfMLearner; Monodepth2: 1e-3. Halved from level to level.
    depth_consistency: float = 0.0  # SC-SfMLearner: 0.5.
    motion_consistency: float = 0.01  # Gordon et al., ICCV 2019, whose form is another.
    flow_photometric: float = 1.0  # UFlow.
    flow_smoothness: float = 10.0  # Ours; UFlow on KITTI: 2, beside a smaller census loss.
    flow_distillation: float = 0.6  # UFlow, there in the second half of the training.
    cross_task: float = 0.1  # Ours.
    objective: str = dataclasses.field(default="robust", init=False)

    def __post_init__(self):
        levels = self.depth_level_weights, self.flow_level_weights
        _require(min(map(len, levels)) >= 1, "depth_level_weights and flow_level_weights", self)
        _require(len(self.census_radii) >= 4, "at least 4 census_radii", self)
        weights = dataclasses.astuple(self)[3:-1] + sum(levels, ())
        _require(min(weights) >= 0, "weights >= 0", self)
        _require(self.ssim <= 1, "ssim in [0, 1]", self)


OBJECTIVES = {"paper": LossConfig, "robust": RobustLossConfig}


PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the weights are found: Adam, the gradient of each variable clipped to a norm.

    A checkpoint is written after every epoch of `steps_per_epoch` steps. `precision` is Keras's
    dtype policy of the networks; losses are always in float32 (with mixed_float16 the loss is
    scaled, so that small gradients do not vanish). `jit_loss` compiles the objective
    together with its gradient by XLA. `stage` is flow (that network alone), depth (with motion,
    without flow) or joint (all three): only its networks run, are trained and appear in the loss;
    or distil (depth alone). The `teacher` of distil is `network`, a frozen copy of depth, see
    `student`; or `film`, labels from the clips' own geometry, see `film_student`. These labels are
    made anew in each of `rounds` equal parts of the training, with what depth has learned by then.
    """

    epochs: int
    steps_per_epoch: int
    stage: str = "joint"
    teacher: str = "network"
    rounds: int = 1
    learning_rate: float = 1e-4
    halve_at: tuple[int, ...] = ()  # Steps at which the learning rate halves.
    motion_first: int = 0  # Steps before depth is trained too.
    clip_norm: float = 10.0
    average_momentum: float = 0.0  # Of the weights' moving average, which is what is kept; 0: none.
    precision: str = "float32"
    jit_loss: bool = True
    seed: int = 0
    max_skipped_steps: int = 10  # For NaN or infinity, of an epoch; more of them end the training.

    def __post_init__(self):
        _require(
            self.epochs >= 1 and self.steps_per_epoch >= 1, "epochs, steps_per_epoch >= 1", self
        )
        _require(
            self.stage in stages.STAGES,
            f"a stage of {', '.join(stages.STAGES)}",
            self.stage,
        )
        _require(
            self.teacher in stages.TEACHERS,
            f"a teacher of {', '.join(stages.TEACHERS)}",
            self.teacher,
        )
        _require(
            self.rounds == 1 or (self.teacher == "film" and 1 < self.rounds <= self.epochs),
            "rounds from 1 to the number of epochs, more than 1 with teacher film alone",
            self,
        )
        _require(
            self.teacher in stages.STAGES[self.stage],
            f"a teacher of {', '.join(stages.STAGES[self.stage])} in stage {self.stage}",
            self.teacher,
        )
        _require(self.learning_rate > 0, "learning_rate > 0", self)
        _require(self.motion_first >= 0, "motion_first >= 0", self)
        _require(0 <= self.average_momentum < 1, "average_momentum in [0, 1)", self)
        _require(self.max_skipped_steps >= 0, "max_skipped_steps >= 0", self)
        _require(
            self.precision in PRECISIONS, f"a precision of {', '.join(PRECISIONS)}", self.precision
        )


@dataclasses.dataclass(frozen=True)
class Config:
    """Everything that decides a training run, apart from where its data lies."""

    data: DataConfig
    network: NetworkConfig
    loss: LossConfig | RobustLossConfig
    training: TrainingConfig

    def __post_init__(self):
        _require(
            stages.of(self.training).knows_camera or self.data.intrinsics == "given",
            f"intrinsics given in stage {self.training.stage}, whose loss does not use them",
            self.data.intrinsics,
        )
        smallest = self.network.depth_downscale * 2 ** (len(self.loss.census_radii) - 1)
        for name in ("height", "width"):
            size = getattr(self.data, name)
            _require(
                size % smallest == 0 and size >= 3 * smallest,  # Second differences take 3 pixels.
                f"{name} to be a multiple of {smallest}, and at least three times that",
                size,
            )

    def replace(self, **changes) -> "Config":
        """A copy with settings changed by name, `data__height=128` for `data.height`.

        Raises:
          ConfigError: no such setting, or one that cannot work.
        """
        sections = {field.name: {} for field in dataclasses.fields(self)}
        for name, value in changes.items():
            section, _, setting = name.partition("__")
            sections[section][setting] = value
        return dataclasses.replace(
            self,
            **{
                section: dataclasses.replace(getattr(self, section), **settings)
                for section, settings in sections.items()
            },
        )

    def to_dict(self) -> dict:
        """Plain nested dictionaries, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, settings: dict) -> "Config":
        """The inverse of `to_dict`."""
        sections = {field.name: field.type for field in dataclasses.fields(cls)}
        try:
            loss = dict(settings["loss"])
            sections["loss"] = OBJECTIVES[loss.pop("objective", "paper")]  # None in older files.
            settings = {**settings, "loss": loss}
            return cls(**{name: _build(kind, settings[name]) for name, kind in sections.items()})
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"Expected the settings of a run. Received: {error}.") from error

    def save(self, path: pathlib.Path) -> None:
        """Writes the settings as JSON."""
        path.write_text(json.dumps(self.to_dict(), indent=2) + "\n")

    @classmethod
    def load(cls, path: pathlib.Path) -> "Config":
        """Reads what `save` wrote; raises ConfigError, with the path, for anything else."""
        try:
            with open(path, "rb") as file:
                content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES} bytes")
            return cls.from_dict(json.loads(content))
        except (OSError, ValueError, OverflowError, RecursionError) as error:
            received = str(error)[:500]  # It may quote a value of any length.
            raise ConfigError(
                f"Expected a run's settings in {path}. Received: {received}"
            ) from error


def _build(kind, settings: dict):
    """A section from JSON, whose lists stand for tuples; TypeError for values of other types."""
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    for field in dataclasses.fields(kind):
        value = values.get(field.name, field.default)
        if not _is_of_type(value, field.type) and value is not field.default:
            raise TypeError(f"{field.name} {value!r}")
    return kind(**values)


def _is_of_type(value, kind) -> bool:
    """Whether a value fits a field's type: a whole number is a float too, a bool no number."""
    if typing.get_origin(kind) is tuple:
        item, _ = typing.get_args(kind)  # tuple[item, ...]
        return isinstance(value, tuple) and all(_is_of_type(part, item) for part in value)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind


def _require(condition: bool, expected: str, received) -> None:
    if not condition:
        raise ConfigError(f"Expected {expected}. Received: {received}.")
