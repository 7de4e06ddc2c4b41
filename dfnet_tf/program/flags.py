"""The absl flags of a training run, and the configuration that they make together.

Every setting of the configuration that a flag may change is named here once; a flag left out keeps
the preset's value.
"""

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
}


def define_training_flags() -> None:
    """Defines --preset, --stage, and a flag for each of `SETTINGS`."""
    flags.DEFINE_enum("preset", "mobile", list(PRESETS), "Settings to start from.")
    flags.DEFINE_enum(
        "stage",
        "joint",
        list(stages.STAGES),
        "What is trained, with the preset's settings for it. flow: optical flow alone; depth: with "
        "camera motion, without flow; joint: all three, best --init_from a run of each; distil: "
        "depth again, taught by --teacher.",
    )
    flags.DEFINE_enum(
        "teacher",
        "network",
        list(stages.TEACHERS),
        "Where labels come from. In stage distil, labels of depth. network: the depth network of "
        "--init_from, on patchworks of the frames; film: each film's own geometry (flow to its "
        "neighbouring frames, motion, triangulation), before the training. In stage flow, network: "
        "there are no labels; truth: the true flow of rendered clips.",
    )
    flags.DEFINE_integer(
        "rounds",
        None,
        "Teacher film: how often labels are made, in equal parts of the training. Later labels "
        "start from what depth has learned.",
        lower_bound=1,
    )
    flags.DEFINE_enum(
        "objective",
        "paper",
        list(OBJECTIVES),
        "What is minimised. paper: DF-Net's seven terms; robust: with what was found since "
        "(full resolution, distilled flow, teachers by pixel), which learns more from where the "
        "paper's stages ended, and less from random weights.",
    )
    flags.DEFINE_integer("height", None, "Height of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("width", None, "Width of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("num_frames", None, "Frames of a clip: 2, or an odd number from 3.")
    flags.DEFINE_integer(
        "batch_size", None, "Clips in a batch, over all devices together.", lower_bound=1
    )
    flags.DEFINE_bool("flip", None, "Mirror half of the clips: helps where data is scarce.")
    flags.DEFINE_enum(
        "intrinsics",
        None,
        ["given", "learned"],
        "Of the clips' cameras. learned: each clip's are a first guess, trained along with the "
        "networks and written to --run_dir/intrinsics after every epoch; the camera must turn.",
    )
    flags.DEFINE_float(
        "broken_share",
        None,
        "Share of the windows of frames that may be passed over for a frame that cannot be read, "
        "each such frame being named; of more the training ends.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_float(
        "width_multiplier",
        None,
        "Channels of each layer of preset paper, for machines too small for all of them.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_bool(
        "imagenet",
        None,
        "Start the depth network's encoder from ImageNet's weights: preset mobile only, and its "
        "default.",
    )
    flags.DEFINE_enum(
        "flow_upsampling",
        None,
        list(UPSAMPLINGS),
        "How the flow of presets mobile and tiny is enlarged from 1/4 to the size of the frames. "
        "learned: by weights that follow edges of the image (default of mobile); bilinear.",
    )
    flags.DEFINE_float(
        "cross_task", None, "Weight of the cross-task consistency; 0: without.", lower_bound=0.0
    )
    flags.DEFINE_integer("epochs", None, "Epochs in all; a checkpoint follows each.", lower_bound=1)
    flags.DEFINE_integer("steps_per_epoch", None, "Batches in an epoch.", lower_bound=1)
    flags.DEFINE_float("learning_rate", None, "Adam's first learning rate.", lower_bound=0.0)
    flags.DEFINE_multi_integer(
        "halve_at", None, "A step at which the learning rate halves. Can be given repeatedly."
    )
    flags.DEFINE_enum(
        "precision",
        None,
        list(PRECISIONS),
        "Of the networks; losses are always in float32. mixed_bfloat16 is several times faster on "
        "a GPU, and on a CPU with AMX; mixed_float16, with a scaled loss, is for older GPUs.",
    )
    flags.DEFINE_bool("jit_loss", None, "Compile the losses by XLA: a slower start, faster steps.")
    flags.DEFINE_integer("seed", None, "Of weights, order and augmentation.")
    flags.DEFINE_integer(
        "max_skipped_steps",
        None,
        "Steps of an epoch that may be skipped for NaN or infinity before training ends; default "
        "10. If all are, it ends in any case.",
        lower_bound=0,
    )


def training_config() -> Config:
    """The preset, for its stage, with every flag given; raises ConfigError for what cannot work."""
    values = flags.FLAGS
    given = {name: values[name].value for name in SETTINGS if values[name].value is not None}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    stage, teacher = values["stage"].value, values["teacher"].value
    row = stages.STAGES[stage].get(teacher)
    if row is None:
        known = ", ".join(stages.STAGES[stage])
        raise ConfigError(f"Expected --teacher={known} with --stage={stage}. Received: {teacher}.")
    if given_anyway := [f"--{name}" for name in row.refused if values[name].present]:
        raise ConfigError(f"Expected no {given_anyway[0]} with --stage={stage}. Received: one.")
    start = preset(values["preset"].value, values["objective"].value)
    return stages.staged(start, stage, teacher).replace(
        **{f"{SETTINGS[name]}__{name}": value for name, value in given.items()}
    )
