"""Makes a small run folder to share: only the trained networks, in half precision.

python -m dfnet_tf.publish --run_dir=runs/drive --output=drive_networks

predict, evaluate and the export take it as --run_dir, and train as --init_from. Its about.json
holds the origin of training data and the licence: see dfnet_tf.training.origin.
"""

from pathlib import Path

from absl import flags

from dfnet_tf.program import locations, mains, outputs

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the output if it exists.")


def main() -> None:
    run_dir, output = locations.run_folder(_RUN_DIR.value), Path(_OUTPUT.value)
    outputs.refuse_existing(output, _OVERWRITE.value)

    mains.load_tensorflow()
    from dfnet_tf.config import Config
    from dfnet_tf.training import checkpoints, origin

    with outputs.whole_folder(output) as folder:
        path = checkpoints.publish(checkpoints.load_trained(run_dir), run_dir, folder)
        origin.write(origin.read(run_dir, Config.load(folder / "config.json")), folder)
        size = path.stat().st_size
    print(f"Wrote the networks of {run_dir}, {size / 1e6:.1f} MB, to {output}.")


if __name__ == "__main__":
    mains.run(main)
