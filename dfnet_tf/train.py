"""Trains depth, flow and motion on clips, or resumes where the same command was stopped.

python -m dfnet_tf.train --data=data/drive --preset=mobile --run_dir=runs/drive

Or in stages, as the paper does:
python -m dfnet_tf.train --data=data/drive --stage=flow --run_dir=flow
python -m dfnet_tf.train --data=data/drive --stage=depth --run_dir=depth
python -m dfnet_tf.train --data=data/drive --run_dir=all --init_from=flow --init_from=depth

Or depth alone, taught by the films' own geometry, from networks that know something already:
python -m dfnet_tf.train --data=data/drive --stage=distil --teacher=film \
  --init_from=pretrained/mobile --run_dir=runs/drive

Exit status: 0 after the last epoch; 130 after Ctrl-C and 143 after SIGTERM, with a checkpoint of
the step under way; 1 after an error, told in a line.

On several machines the same command runs on each, with TF_CONFIG in its environment; see README.
"""

import sys
from pathlib import Path

from absl import flags

from dfnet_tf.program import flags as config_flags
from dfnet_tf.program import mains

_DATA = flags.DEFINE_multi_string(
    "data", None, "A clip folder, or a folder of clips. Can be given repeatedly.", required=True
)
_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Where checkpoints and TensorBoard logs go; resumed if begun.", required=True
)
_INIT_FROM = flags.DEFINE_multi_string(
    "init_from",
    [],
    "Another run's folder: a new run starts from the networks that it trained. Can be given "
    "repeatedly: one run for the flow, one for depth and motion; of a network that several "
    "trained, the last one named gives it.",
)
_STRATEGY = flags.DEFINE_enum(
    "strategy",
    "auto",
    ["auto", "one", "mirrored", "multi_worker"],
    "The devices to train on: one; mirrored: all of this machine; multi_worker: those of every "
    "machine in the environment's TF_CONFIG, where the same command runs; auto: the most of these.",
)
config_flags.define_training_flags()
flags.adopt_module_key_flags(config_flags)  # For --help, which else shows this file's alone.


def main() -> None:
    config = config_flags.training_config()

    from dfnet_tf.data.clips import (  # After the flags: an error in them needs no TensorFlow.
        camera_doubts,
        read_clips,
    )
    from dfnet_tf.training import cameras, loop, strategies, workers

    strategy = strategies.make(_STRATEGY.value)  # First, as workers must find each other.
    clips = [found for folder in _DATA.value for found in read_clips(folder)]
    run_dir, init_from = Path(_RUN_DIR.value), [Path(folder) for folder in _INIT_FROM.value]
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
            f"Warning: {len(guessed)} of the clips, {guessed[0]} for one, have guessed intrinsics; "
            "--intrinsics=learned would learn them.",
            file=sys.stderr,
        )
    loop.train(config, clips, run_dir, init_from, strategy)
    if not workers.is_chief(strategy):
        return  # The chief tells.
    if learned:
        print(f"Learned intrinsics, one file a clip: {run_dir}/intrinsics")
    task = "flow" if config.training.stage == "flow" else "depth"
    print(f"Next: python -m dfnet_tf.evaluate --run_dir={run_dir} --task={task} --data=...")


if __name__ == "__main__":
    mains.run(main)
