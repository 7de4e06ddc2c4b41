"""Trains depth, flow and motion on clips, or resumes where the same command was stopped.

python -m dfnet_tf.train --data=data/drive --preset=mobile --run_dir=runs/drive

Or in stages, as the paper does:
python -m dfnet_tf.train --data=data/drive --stage=flow --run_dir=flow
python -m dfnet_tf.train --data=data/drive --stage=depth --run_dir=depth
python -m dfnet_tf.train --data=data/drive --run_dir=all --init_from=flow --init_from=depth
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
_INIT_FROM = flags.DEFINE_multi_string(
    "init_from",
    [],
    "Another run's folder: a new run starts from the networks that it trained. Can be given "
    "repeatedly: one run for the flow, one for depth and motion.",
)
config_flags.define_training_flags()
flags.adopt_module_key_flags(config_flags)  # For --help, which else shows this file's alone.


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
    loop.train(config, clips, run_dir, [Path(folder) for folder in _INIT_FROM.value])
    if learned:
        print(f"Learned intrinsics, one file a clip: {run_dir}/intrinsics")
    task = "flow" if config.training.stage == "flow" else "depth"
    print(f"Next: python -m dfnet_tf.evaluate --run_dir={run_dir} --task={task} --data=...")


if __name__ == "__main__":
    mains.run(main)
