"""The absl flags of a training run, and the configuration that they make together.

Every setting of the configuration that a flag may change is named here once; a flag left out keeps
the preset's value.
"""

from absl import flags

from dfnet_tf.config import PRESETS, Config, preset

SETTINGS = {
    "height": "data",
    "width": "data",
    "num_frames": "data",
    "batch_size": "data",
    "flip": "data",
    "intrinsics": "data",
    "cross_task": "loss",
    "epochs": "training",
    "steps_per_epoch": "training",
    "learning_rate": "training",
    "halve_at": "training",
    "precision": "training",
    "jit_loss": "training",
    "seed": "training",
}


def define_training_flags() -> None:
    """Defines --preset and a flag for each of `SETTINGS`."""
    flags.DEFINE_enum("preset", "mobile", list(PRESETS), "Settings to start from.")
    flags.DEFINE_integer("height", None, "Height of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("width", None, "Width of the training frames, pixels.", lower_bound=32)
    flags.DEFINE_integer("num_frames", None, "Frames of a clip: 2, or an odd number from 3.")
    flags.DEFINE_integer("batch_size", None, "Clips in a batch.", lower_bound=1)
    flags.DEFINE_bool("flip", None, "Mirror half of the clips: helps where data is scarce.")
    flags.DEFINE_enum(
        "intrinsics",
        None,
        ["given", "learned"],
        "Of the clips' cameras. learned: each clip's are a first guess, trained along with the "
        "networks and written to --run_dir/intrinsics after every epoch; the camera must turn.",
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
        ["float32", "mixed_bfloat16"],
        "Of the networks; losses are always in float32. mixed_bfloat16 is several times faster on "
        "a GPU, and on a CPU with AMX.",
    )
    flags.DEFINE_bool("jit_loss", None, "Compile the losses by XLA: a slower start, faster steps.")
    flags.DEFINE_integer("seed", None, "Of weights, order and augmentation.")


def training_config() -> Config:
    """The preset with every flag that was given; raises ConfigError for what cannot work."""
    values = flags.FLAGS
    given = {name: values[name].value for name in SETTINGS if values[name].value is not None}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    return preset(values["preset"].value).replace(
        **{f"{SETTINGS[name]}__{name}": value for name, value in given.items()}
    )
