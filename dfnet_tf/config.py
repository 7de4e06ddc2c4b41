"""Settings as frozen dataclasses, checked when built. `presets` holds the named settings."""

import dataclasses
import json
import math
import pathlib
import typing
from typing import Any

from dfnet_tf import stages

MOST_BYTES = 2**20  # Largest config.json that is read; a normal one is a page long.


class ConfigError(ValueError):
    """A setting that cannot work, or two settings that cannot work together."""


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """The size and content of a training batch.

    The flow network sees images of `height` x `width`. A clip has `num_frames` frames: two, or an
    odd number. The target is the middle frame, or the first of two. Augmentation follows SfMLearner
    and UnFlow: each axis is scaled by a factor in [1, `max_scale`], both by a factor in
    [1, `max_zoom`]; the result is cropped, and the intrinsics are updated. With `flip`, half of the
    clips are mirrored left to right. Colours, `grey`, `blur` and `grain` change only the networks'
    inputs, by the same amounts for all frames of a clip.
    """

    height: int
    width: int
    num_frames: int
    batch_size: int
    max_scale: float = 1.15
    max_zoom: float = 1.0
    flip: bool = False
    contrast: float = 0.2  # Factor uniform in 1 +- this.
    brightness: float = 0.02  # Standard deviation of the offset.
    channel_gain: float = 0.1  # Factor uniform in 1 +- this, per channel.
    gamma: float = 0.2  # Exponent uniform in 1 +- this.
    noise: float = 0.04  # Standard deviation of one offset per channel.
    grey: float = 0.0  # Share of the clips that lose their colours.
    blur: float = 0.0  # Largest standard deviation of a Gaussian blur, in pixels.
    grain: float = 0.0  # Largest standard deviation of the noise of each pixel.
    intrinsics: str = "given"  # Or "learned", starting from the clips' intrinsics.
    broken_share: float = 0.01  # Training ends if more than this share of windows is unreadable.

    def __post_init__(self) -> None:
        sides = self.height, self.width
        _require(min(sides) >= 32 and max(sides) <= 8192, "height and width from 32 to 8192", self)
        _require(
            self.num_frames == 2 or (3 <= self.num_frames < 100 and self.num_frames % 2 == 1),
            "num_frames to be 2 or an odd number from 3 to 99",
            self,
        )
        _require(1 <= self.batch_size <= 2**16, "batch_size from 1 to 65536", self)
        _require(1.0 <= self.max_scale <= 2.0, "max_scale in [1, 2]", self)
        _require(1.0 <= self.max_zoom <= 4.0, "max_zoom in [1, 4]", self)
        _require(0.0 <= self.grey <= 1.0, "grey in [0, 1]", self)
        _require(0.0 <= self.blur <= 10.0, "blur in [0, 10]", self)
        _require(0.0 <= self.grain <= 1.0, "grain in [0, 1]", self)
        _require(self.intrinsics in ("given", "learned"), "intrinsics given or learned", self)
        _require(0.0 <= self.broken_share <= 1.0, "broken_share in [0, 1]", self)


UPSAMPLINGS = ("bilinear", "learned")


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The networks: `name` is paper, mobile or tiny.

    `flow_upsampling` is how mobile and tiny upsample the flow from 1/4 to the size of the frames:
    bilinear, or learned, which gives sharper edges; see `networks.flow_net.PwcFlowNet`.

    Depth and pose networks and all losses work at 1 / `depth_downscale` of the flow network's size.
    With `imagenet`, the depth encoder of mobile starts from ImageNet weights instead of random
    ones. `width_multiplier` multiplies the channels of every layer of `paper`, which has 98 million
    weights at 1.
    """

    name: str
    depth_downscale: int = 1
    imagenet: bool = False
    width_multiplier: float = 1.0
    flow_upsampling: str = "bilinear"

    def __post_init__(self) -> None:
        _require(self.name in stages.PRESETS, f"a name of {', '.join(stages.PRESETS)}", self)
        _require(self.depth_downscale in (1, 2), "depth_downscale 1 or 2", self)
        _require(self.name == "mobile" or not self.imagenet, "imagenet only with mobile", self)
        _require(0 < self.width_multiplier <= 1, "width_multiplier in (0, 1]", self)
        _require(
            self.flow_upsampling in UPSAMPLINGS,
            f"flow_upsampling of {', '.join(UPSAMPLINGS)}",
            self.flow_upsampling,
        )
        _require(
            self.flow_upsampling == "bilinear" or self.name != "paper",
            "flow_upsampling learned only with mobile or tiny",
            self,
        )
        _require(
            self.name == "paper" or self.width_multiplier == 1,
            "width_multiplier only with paper",
            self,
        )


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Weights of the seven terms (DF-Net, section 3, and its released program).

    Level s of the image pyramid has weight `level_weights[s]`. The flow terms use every level, the
    depth terms the first four. Census windows extend `census_radii[s]` pixels to each side; the
    rigid photometric term uses the radius of the next coarser level.
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
    rigid_occlusions: bool = True  # Depth terms skip pixels hidden by rigid flow.
    objective: str = dataclasses.field(default="paper", init=False)

    def __post_init__(self) -> None:
        _require(
            len(self.level_weights) == len(self.census_radii) >= 4,
            "as many level_weights as census_radii, at least 4",
            self,
        )
        weights = [getattr(self, term) for term in stages.PAPER_TERMS]
        _require(min(*weights, *self.level_weights) >= 0, "weights >= 0", self)


@dataclasses.dataclass(frozen=True)
class RobustLossConfig:
    """Weights and switches of methods published after DF-Net. A weight of 0 turns a term off.

    Methods that did not help when measured are gone (docs/results.md). `auto_mask` is off because
    it removes most pixels that would make the motion grow while the predicted motion is near zero.
    From random weights (`tiny`, 64x96, rendered clips, 300 steps of stage depth), abs rel was 0.478
    with it and 0.292 without it. For films in which the camera often stands still, turn it on when
    training continues from a trained run.

    Every level of depth is compared at full resolution: Monodepth2 upsamples coarse disparities
    before warping.

    Levels for which a list has no weight or census radius (see `LossConfig`) are left out.
    """

    census_radii: tuple[int, ...] = (3, 2, 2, 1, 1)
    depth_level_weights: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)  # Monodepth2, ICCV 2019.
    flow_level_weights: tuple[float, ...] = (1.0, 0.34, 0.31, 0.27, 0.09)  # UnFlow / 12.7.
    rigid_photometric: float = 1.0
    ssim: float = 0.85  # Share of SSIM; the rest is L1 (Monodepth, CVPR 2017).
    auto_mask: bool = False  # Monodepth2: skip pixels that zero motion explains better.
    depth_smoothness: float = 0.1  # SC-SfMLearner; Monodepth2: 1e-3. Halved at each coarser level.
    motion_consistency: float = 0.01  # Idea of Gordon et al., ICCV 2019, with our own formula.
    flow_photometric: float = 1.0  # UFlow.
    flow_smoothness: float = 10.0  # Ours; UFlow on KITTI: 2, with a smaller census loss.
    flow_distillation: float = 0.6  # UFlow, which uses it in the second half of training only.
    cross_task: float = 0.1  # Ours.
    objective: str = dataclasses.field(default="robust", init=False)

    def __post_init__(self) -> None:
        levels = self.depth_level_weights, self.flow_level_weights
        _require(min(map(len, levels)) >= 1, "depth_level_weights and flow_level_weights", self)
        _require(len(self.census_radii) >= 4, "at least 4 census_radii", self)
        weights = [getattr(self, term) for term in stages.ROBUST_TERMS]
        _require(min(*weights, *sum(levels, ())) >= 0, "weights >= 0", self)
        _require(0 <= self.ssim <= 1, "ssim in [0, 1]", self)


OBJECTIVES = {"paper": LossConfig, "robust": RobustLossConfig}

# The robust objective's settings that only older files have, with the value that all runs have now.
REMOVED = {
    "full_resolution": True,
    "minimum_over_sources": False,
    "consistency_mask": False,
    "depth_consistency": 0.0,
    "depth_distillation": 0.0,
}


PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the networks are trained: Adam, with each variable's gradient clipped to a norm.

    A checkpoint is written after every epoch of `steps_per_epoch` steps. `precision` is the Keras
    dtype policy of the networks; losses are always computed in float32. With mixed_float16 the
    loss is scaled so that small gradients do not underflow. `jit_loss` compiles the objective and
    its gradient with XLA.

    `stage` is flow (only the flow network), depth (depth and pose networks), joint (all three),
    distil (only the depth network learns) or supervised (all three learn from the truth of rendered
    clips; see `models.supervised_dfnet`). `teacher` is the source of labels. In stage distil,
    `network` is a frozen copy of the depth network (see `models.depth_student`), and `film` is the
    geometry of the clips themselves (see `models.film_student`), computed again in each of `rounds`
    equal parts of the training with the depth network as trained so far. `truth` is the true depth
    of rendered clips, which `film` uses too where a clip has it. In stage flow, `network` means no
    labels; `truth` and `film` give labels of flow (see `models.flow_student`).
    """

    epochs: int
    steps_per_epoch: int
    stage: str = "joint"
    teacher: str = "network"
    rounds: int = 1
    least_confidence: float = 0.4  # Teacher film: mean confidence of the clips that teach.
    unsure_weight: float = 0.5  # Teacher film: of pixels that the film says nothing about.
    learning_rate: float = 1e-4
    halve_at: tuple[int, ...] = ()  # Steps at which the learning rate halves.
    motion_first: int = 0  # Number of first steps in which the depth network is not trained.
    clip_norm: float = 10.0
    average_momentum: float = 0.0  # Of the moving average that is saved; 0: none.
    precision: str = "float32"
    jit_loss: bool = True
    seed: int = 0
    max_skipped_steps: int = 10  # Per epoch, for NaN or infinity; training ends if there are more.
    minutes: float = 0.0  # Training ends with the epoch in which they are over; 0: no limit.

    def __post_init__(self) -> None:
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
            "rounds from 1 to the number of epochs, more than 1 only with teacher film",
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
        _require(self.minutes >= 0, "minutes >= 0", self)
        _require(0 <= self.least_confidence <= 1, "least_confidence in [0, 1]", self)
        _require(0 < self.unsure_weight <= 1, "unsure_weight in (0, 1]", self)
        _require(
            self.precision in PRECISIONS, f"a precision of {', '.join(PRECISIONS)}", self.precision
        )


@dataclasses.dataclass(frozen=True)
class Config:
    """All settings of a training run except the location of its data."""

    data: DataConfig
    network: NetworkConfig
    loss: LossConfig | RobustLossConfig
    training: TrainingConfig

    def __post_init__(self) -> None:
        _require(
            stages.of(self.training).knows_camera or self.data.intrinsics == "given",
            f"intrinsics given in stage {self.training.stage}, whose loss does not use them",
            self.data.intrinsics,
        )
        smallest = self.network.depth_downscale * 2 ** (len(self.loss.census_radii) - 1)
        for name in ("height", "width"):
            size = getattr(self.data, name)
            _require(
                size % smallest == 0 and size >= 3 * smallest,  # Second differences need 3 pixels.
                f"{name} to be a multiple of {smallest}, and at least three times {smallest}",
                size,
            )

    def replace(self, **changes: Any) -> "Config":
        """Returns a copy with some settings changed: `data__height=128` changes `data.height`.

        Raises:
          ConfigError: no such setting, or a value that cannot work.
        """
        sections: dict[str, dict] = {field.name: {} for field in dataclasses.fields(self)}
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

    def with_setting(self, name: str, value: Any) -> "Config":
        """Returns a copy with the setting `name`, section.name, set to a JSON value.

        Raises:
          ConfigError: no such setting, or a value of another type or one that cannot work.
        """
        section, _, setting = name.partition(".")
        known = {
            f"{part.name}.{field.name}": field.type
            for part in dataclasses.fields(self)
            for field in dataclasses.fields(getattr(self, part.name))
            if field.init
        }
        if name not in known:
            raise ConfigError(
                "Expected a setting of config.json as section.name, such as loss.cross_task. "
                f"Received: {name}."
            )
        value = tuple(value) if isinstance(value, list) else value
        if not _is_of_type(value, known[name]):
            kind = getattr(known[name], "__name__", "")
            kind = str(known[name]) if kind == "tuple" else kind
            raise ConfigError(f"Expected {name} of type {kind}. Received: {value!r:.100}.")
        return self.replace(**{f"{section}__{setting}": value})

    def to_dict(self) -> dict:
        """Returns nested dictionaries, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, settings: dict) -> "Config":
        """The inverse of `to_dict`."""
        sections = {field.name: field.type for field in dataclasses.fields(cls)}
        try:
            loss = dict(settings["loss"])
            sections["loss"] = OBJECTIVES[loss.pop("objective", "paper")]  # Old files have no name.
            if sections["loss"] is RobustLossConfig:
                loss = _without_removed(loss)
            settings = {**settings, "loss": loss}
            return cls(**{name: _build(kind, settings[name]) for name, kind in sections.items()})
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"Expected the settings of a run. Received: {error}.") from error

    def save(self, path: pathlib.Path) -> None:
        """Writes the settings as JSON."""
        path.write_text(json.dumps(self.to_dict(), indent=2) + "\n")

    @classmethod
    def load(cls, path: pathlib.Path) -> "Config":
        """Reads a file written by `save`; raises ConfigError, with the path, for anything else."""
        try:
            with open(path, "rb") as file:
                content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES} bytes")
            return cls.from_dict(json.loads(content))
        except (OSError, ValueError, OverflowError, RecursionError) as error:
            received = str(error)[:500]  # The error may quote a value of any length.
            raise ConfigError(
                f"Expected a run's settings in {path}. Received: {received}"
            ) from error


def _without_removed(loss: dict) -> dict:
    """The robust objective's settings without REMOVED; raises ConfigError for other values."""
    for name, value in REMOVED.items():
        if loss.get(name, value) != value:
            raise ConfigError(
                f"loss.{name} no longer exists: expected {json.dumps(value)}, its value in every "
                f"run now. Received: {json.dumps(loss[name])}. If you only predict, evaluate or "
                "export with the run, delete the setting."
            )
    return {name: value for name, value in loss.items() if name not in REMOVED}


def _build(kind: Any, settings: dict) -> Any:
    """Builds a section from JSON, lists as tuples; raises TypeError for values of other types."""
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    for field in dataclasses.fields(kind):
        value = values.get(field.name, field.default)
        if not _is_of_type(value, field.type) and value is not field.default:
            raise TypeError(f"{field.name} {value!r}")
    return kind(**values)


def _is_of_type(value: Any, kind: Any) -> bool:
    """True if a value fits a field's type: an int is also a float, a bool is not a number."""
    if typing.get_origin(kind) is tuple:
        item, _ = typing.get_args(kind)  # tuple[item, ...]
        return isinstance(value, tuple) and all(_is_of_type(part, item) for part in value)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind


def _require(condition: bool, expected: str, received: object) -> None:
    if not condition:
        raise ConfigError(f"Expected {expected}. Received: {received}.")
