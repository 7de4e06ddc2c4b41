"""Imports a checkpoint that DF-Net's authors released for TensorFlow 1 as a run.

python -m dfnet_tf.import_checkpoint --checkpoint=dfnet/model-100000 --run_dir=runs/released

The run can be evaluated, exported, trained further, or used as `--init_from`.
"""

from pathlib import Path

from absl import flags

from dfnet_tf.program import mains, outputs

_CHECKPOINT = flags.DEFINE_string(
    "checkpoint",
    None,
    "Path of the checkpoint, without .index and .data-00000-of-00001.",
    required=True,
)
_RUN_DIR = flags.DEFINE_string("run_dir", None, "The run folder to write.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a previously imported run.")


def main() -> None:
    run_dir = Path(_RUN_DIR.value)
    outputs.refuse_existing(run_dir, _OVERWRITE.value)

    mains.load_tensorflow()
    from dfnet_tf.training import released

    with outputs.whole_folder(run_dir) as folder:
        step = released.import_checkpoint(_CHECKPOINT.value, folder)
    print(f"Imported all weights of step {step} into {run_dir}.")
    print(f"Next: python -m dfnet_tf.predict --run_dir={run_dir} --input=... --output=...")


if __name__ == "__main__":
    mains.run(main)
