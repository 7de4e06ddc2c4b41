"""The absl flags of a training run, and the configuration that they describe.

`SETTINGS` names the settings that have a flag of their own; --set changes any other setting.
Without a flag, the preset's value stays.
"""

import json

from absl import flags

from dfnet_tf import stages
from dfnet_tf.config import OBJECTIVES, PRECISIONS, UPSAMPLINGS, Config, ConfigError
from dfnet_tf.presets import PRESETS, preset

SETTINGS = {
    "height": "data",
    "width": "data",
    "num_frames": "data",
    "batch_size": "data",
    "flip": "data",
    "intrinsics": "data",
    "broken_share": "data",
    "imagenet": "network",
    "width_multiplier": "network",
    "flow_upsampling": "network",
    "cross_task": "loss",
    "epochs": "training",
    "steps_per_epoch": "training",
    "learning_rate": "training",
    "rounds": "training",
    "halve_at": "training",
    "precision": "training",
    "jit_loss": "training",
    "seed": "training",
    "max_skipped_steps": "training",
    "minutes": "training",
}
# The settings from which all others follow, and their flags.
CHOICES = {
    "network.name": "preset",
    "loss.objective": "objective",
    "training.stage": "stage",
    "training.teacher": "teacher",
}


def define_training_flags() -> None:
    """Defines --preset, --stage, --set, and a flag for each of `SETTINGS`."""
    flags.DEFINE_enum("preset", "mobile", list(PRESETS), "Settings to start from.")
    flags.DEFINE_enum(
        "stage",
        "joint",
        list(stages.STAGES),
        "What to train, with the preset's settings for it. flow: only optical flow; depth: depth "
        "and camera motion, without flow; joint: all three, best with --init_from a run of stage "
        "flow and a run of stage depth; distil: depth again, with labels from --teacher; "
        "supervised: all three, from the truth of rendered clips.",
    )
    flags.DEFINE_enum(
        "teacher",
        None,
        list(stages.TEACHERS),
        "Where labels come from. Stage distil learns depth. network: from the depth network of "
        "--init_from, on patchworks of the frames; film: from each film's own geometry (flow to "
        "neighbouring frames, motion, triangulation), computed before training, and from the true "
        "depth of rendered clips; truth: from rendered clips alone. Stage flow learns flow. "
        "network: without labels; film and truth: as in stage distil. Stage supervised always "
        "learns from truth. Default: the first that the stage has.",
    )
    flags.DEFINE_integer(
        "rounds",
        None,
        "Teacher film: how many times labels are made, in equal parts of the training. Later "
        "labels use the depth network as trained so far.",
        lower_bound=1,
    )
    flags.DEFINE_enum(
        "objective",
        "paper",
        list(OBJECTIVES),
        "The loss. paper: DF-Net's seven terms. robust: adds methods published since (full "
        "resolution, flow distillation, the better flow teaches the other); it improves most on "
        "runs that were trained by the paper's objective, and less from random weights.",
    )
    flags.DEFINE_integer("height", None, "Height of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("width", None, "Width of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("num_frames", None, "Frames per clip: 2, or an odd number from 3.")
    flags.DEFINE_integer(
        "batch_size", None, "Clips per batch, over all devices together.", lower_bound=1
    )
    flags.DEFINE_bool("flip", None, "Mirror half of the clips; helps when data is scarce.")
    flags.DEFINE_enum(
        "intrinsics",
        None,
        ["given", "learned"],
        "The intrinsics of the clips. learned: each clip's intrinsics are a first guess, are "
        "trained with the networks, and are written to --run_dir/intrinsics after every epoch; the "
        "camera must turn.",
    )
    flags.DEFINE_float(
        "broken_share",
        None,
        "Largest share of frame windows that may be skipped because a frame cannot be read. Every "
        "such frame is reported; if there are more, training ends.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_float(
        "width_multiplier",
        None,
        "Factor of the channels of every layer of preset paper, for small machines.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_bool(
        "imagenet",
        None,
        "Start the depth network's encoder from ImageNet weights. Only for preset mobile, where it "
        "is the default.",
    )
    flags.DEFINE_enum(
        "flow_upsampling",
        None,
        list(UPSAMPLINGS),
        "How presets mobile and tiny upsample the flow from 1/4 to the size of the frames. "
        "learned: with weights that follow image edges (default of mobile); bilinear (default of "
        "tiny).",
    )
    flags.DEFINE_float(
        "cross_task", None, "Weight of the cross-task consistency; 0: off.", lower_bound=0.0
    )
    flags.DEFINE_integer(
        "epochs", None, "Total number of epochs; a checkpoint follows each.", lower_bound=1
    )
    flags.DEFINE_integer("steps_per_epoch", None, "Batches per epoch.", lower_bound=1)
    flags.DEFINE_float("learning_rate", None, "Adam's initial learning rate.", lower_bound=0.0)
    flags.DEFINE_multi_integer(
        "halve_at", None, "A step at which the learning rate is halved. May be given repeatedly."
    )
    flags.DEFINE_enum(
        "precision",
        None,
        list(PRECISIONS),
        "Precision of the networks; losses are always in float32. mixed_bfloat16 is several times "
        "faster on a GPU, and on a CPU with AMX; mixed_float16 scales the loss and is for older "
        "GPUs.",
    )
    flags.DEFINE_bool("jit_loss", None, "Compile the losses with XLA: slower start, faster steps.")
    flags.DEFINE_integer("seed", None, "Seed of weights, order and augmentation.")
    flags.DEFINE_integer(
        "max_skipped_steps",
        None,
        "Training ends if more steps of an epoch than this are skipped because of NaN or infinity, "
        "or if all are skipped. Default: 10.",
        lower_bound=0,
    )
    flags.DEFINE_float(
        "minutes",
        None,
        "Training ends with the epoch in which this time is over, counted from the start of the "
        "command. Default: no limit.",
        lower_bound=0.0,
    )
    flags.DEFINE_multi_string(
        "set",
        [],
        "Any setting of config.json, as section.name=value with a value in JSON, for example "
        "loss.cross_task=0.5. May be given repeatedly.",
    )


def training_config() -> Config:
    """The staged preset with all given flags; raises ConfigError for settings that cannot work."""
    values = flags.FLAGS
    given = {name: values[name].value for name in SETTINGS if values[name].value is not None}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    stage = values["stage"].value
    teacher = values["teacher"].value or stages.first_teacher(stage)
    row = stages.STAGES[stage].get(teacher)
    if row is None:
        known = ", ".join(stages.STAGES[stage])
        raise ConfigError(f"Expected --teacher={known} with --stage={stage}. Received: {teacher}.")
    if given_anyway := [f"--{name}" for name in row.refused if values[name].present]:
        raise ConfigError(f"Expected no {given_anyway[0]} with --stage={stage}. Received: one.")
    start = preset(values["preset"].value, values["objective"].value)
    config = stages.staged(start, stage, teacher).replace(
        **{f"{SETTINGS[name]}__{name}": value for name, value in given.items()}
    )
    for assignment in values["set"].value:
        config = _with_assignment(config, assignment, row)
    return config


def _with_assignment(config: Config, assignment: str, row: stages.Stage) -> Config:
    """`config` with a setting changed by --set; raises ConfigError for what cannot work."""
    name, _, text = assignment.partition("=")
    if name in CHOICES:
        raise ConfigError(f"Expected --{CHOICES[name]} instead. Received: --set={assignment}.")
    if name.partition(".")[2] in row.refused:
        stage = config.training.stage
        raise ConfigError(f"Expected no {name} with --stage={stage}. Received: one.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "Expected --set=section.name=value with a value in JSON, such as loss.cross_task=0.5. "
            f"Received: --set={assignment[:100]}."
        ) from error
    return config.with_setting(name, value)
