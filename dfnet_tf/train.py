"""Trains depth, flow and motion on clips. The same command resumes a stopped training.

python -m dfnet_tf.train --data=data/drive --preset=mobile --run_dir=runs/drive

In stages, as in the paper:
python -m dfnet_tf.train --data=data/drive --stage=flow --run_dir=flow
python -m dfnet_tf.train --data=data/drive --stage=depth --run_dir=depth
python -m dfnet_tf.train --data=data/drive --run_dir=all --init_from=flow --init_from=depth

Only depth, from trained networks, with labels from the films' own geometry:
python -m dfnet_tf.train --data=data/drive --stage=distil --teacher=film \
  --init_from=pretrained/mobile --run_dir=runs/drive

Exit status: 0 after the last epoch; 130 after Ctrl-C and 143 after SIGTERM, with a checkpoint of
the current step; 1 after an error, with one line that explains it.

On several machines, run the same command on each, with TF_CONFIG in its environment; see README.
"""

import sys
from pathlib import Path

from absl import flags

from dfnet_tf.config import ConfigError
from dfnet_tf.program import commands, locations, mains
from dfnet_tf.program import flags as config_flags

_DATA = flags.DEFINE_multi_string(
    "data", None, "A clip folder, or a folder of clips. May be given repeatedly.", required=True
)
_RUN_DIR = flags.DEFINE_string(
    "run_dir",
    None,
    "The folder for checkpoints and TensorBoard logs. A run in it is resumed.",
    required=True,
)
_INIT_FROM = flags.DEFINE_multi_string(
    "init_from",
    [],
    "A run folder whose trained networks a new run starts from. May be given repeatedly, for "
    "example one run for flow and one for depth and motion. If several runs trained a network, the "
    "last --init_from wins.",
)
_LABELS = flags.DEFINE_string(
    "labels",
    None,
    "Teacher film: a folder for the labels, which other runs share that start from the same "
    "networks with the same clips and size. Default: the run folder.",
)
_STRATEGY = flags.DEFINE_enum(
    "strategy",
    "auto",
    ["auto", "one", "mirrored", "multi_worker"],
    "The devices to train on. one: a single device; mirrored: all devices of this machine; "
    "multi_worker: the devices of all machines in TF_CONFIG, each running the same command; auto: "
    "the largest available choice.",
)
config_flags.define_training_flags()
flags.adopt_module_key_flags(config_flags)  # So that --help lists these flags too.


def main() -> None:
    config = config_flags.training_config()
    if _LABELS.value and config.training.teacher != "film":
        raise ConfigError(
            f"Expected --teacher=film with --labels. Received: {config.training.teacher}."
        )

    mains.load_tensorflow()
    from dfnet_tf.data.clips import (
        camera_doubts,
        read_clips,
    )
    from dfnet_tf.training import cameras, loop, strategies, workers

    strategy = strategies.make(_STRATEGY.value)  # First: the workers must connect.
    clips = [found for folder in _DATA.value for found in read_clips(folder)]
    run_dir = Path(_RUN_DIR.value)
    init_from = [locations.run_folder(run) for run in _INIT_FROM.value]
    if config.training.teacher == "film":
        clips = cameras.with_learned(clips, init_from)
    print(f"{len(clips)} clips, {sum(map(len, clips))} frames.", end=" ")
    print(strategies.description(strategy, config), f"Logs: tensorboard --logdir={run_dir}")
    learned = config.data.intrinsics == "learned"
    guessed = [found.folder for found in clips if found.intrinsics_guessed]
    if doubts := camera_doubts(clips):
        print(doubts, file=sys.stderr)
    if guessed and not learned:
        print(
            f"Warning: {len(guessed)} of the clips have guessed intrinsics, for example "
            f"{guessed[0]}; --intrinsics=learned would learn them.",
            file=sys.stderr,
        )
    shared = Path(_LABELS.value) if _LABELS.value else None
    loop.train(config, clips, run_dir, init_from, strategy, shared)
    if not workers.is_chief(strategy):
        return  # Only the chief prints.
    if learned:
        print(f"Learned intrinsics, one file per clip: {run_dir}/intrinsics")
    print(f"Next: {commands.shown(_next_command(config, run_dir, clips[0].folder))}")


def _next_command(config, run_dir: Path, clip: Path) -> list[str]:
    """A command that shows the result; after stage flow, which has no depth, the next training."""
    if config.training.stage == "flow":
        return commands.command(
            "dfnet_tf.train",
            data=_DATA.value[0],
            preset=config.network.name,
            init_from=run_dir,
            run_dir=run_dir.with_name(f"{run_dir.name}_joint"),
        )
    output = Path("out") / run_dir.name
    return commands.command("dfnet_tf.predict", run_dir=run_dir, input=clip, output=output)


if __name__ == "__main__":
    mains.run(main)
