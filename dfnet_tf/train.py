"""Trains depth, flow and motion on clips, or resumes where the same command was stopped.

python -m dfnet_tf.train --data=data/drive --preset=mobile --run_dir=runs/drive
"""

import sys
from pathlib import Path

from absl import app, flags

from dfnet_tf import flags as config_flags
from dfnet_tf import mains

_DATA = flags.DEFINE_multi_string(
    "data", None, "A clip folder, or a folder of clips. Can be given repeatedly.", required=True
)
_RUN_DIR = flags.DEFINE_string(
    "run_dir", None, "Where checkpoints and TensorBoard logs go; resumed if begun.", required=True
)
_INIT_FROM = flags.DEFINE_string(
    "init_from", None, "Another run's folder, whose weights a new run starts from."
)
config_flags.define_training_flags()


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    config = config_flags.training_config()

    from dfnet_tf.data import clip  # After the flags: an error in them needs no TensorFlow.
    from dfnet_tf.training import loop

    clips = [found for folder in _DATA.value for found in clip.read_clips(folder)]
    run_dir = Path(_RUN_DIR.value)
    print(
        f"{len(clips)} clips, {sum(map(len, clips))} frames. Logs: tensorboard --logdir={run_dir}"
    )
    learned = config.data.intrinsics == "learned"
    guessed = [found.folder for found in clips if found.intrinsics_guessed]
    if guessed and not learned:
        print(
            f"Warning: {len(guessed)} of the clips, {guessed[0]} for one, have guessed intrinsics; "
            "--intrinsics=learned would learn them.",
            file=sys.stderr,
        )
    loop.train(config, clips, run_dir, _INIT_FROM.value and Path(_INIT_FROM.value))
    if learned:
        print(f"Learned intrinsics, one file a clip: {run_dir}/intrinsics")
    print(f"Next: python -m dfnet_tf.evaluate --run_dir={run_dir} --task=depth --data=...")


if __name__ == "__main__":
    mains.run(main)
