"""Says in plain words what looks wrong in a run, and what to try.

python -m dfnet_tf.doctor --run_dir=runs/drive

Prints the doctor.md that a training writes when it ends. If the run has gone on since then, or has
not ended yet, prints what its finished epochs show.
"""

import re
from pathlib import Path

from absl import flags

from dfnet_tf.config import Config
from dfnet_tf.program import mains
from dfnet_tf.training import doctor

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)


def main() -> None:
    run_dir = Path(_RUN_DIR.value)
    config = Config.load(run_dir / "config.json")

    mains.load_tensorflow()
    from dfnet_tf.training import checkpoints

    newest = max(map(checkpoints.step_of, checkpoints.all_checkpoints(run_dir)), default=0)
    path = run_dir / doctor.FILE
    text = path.read_text() if path.exists() else ""
    judged = re.match(r"# Step (\d+)\n", text)
    print(text if judged and int(judged[1]) >= newest else _by_epochs(run_dir, config, newest))


def _by_epochs(run_dir: Path, config: Config, step: int) -> str:
    """The report on the epochs so far; raises ValueError if there is none."""
    from dfnet_tf.training import run_lists

    epochs = run_lists.read(run_dir / doctor.EPOCHS)
    if not epochs:
        raise ValueError(
            f"{run_dir}: expected a run with at least one finished epoch. Received: none in "
            f"{doctor.EPOCHS}."
        )
    seen = doctor.Observation()
    doctor.remember(seen, epochs, config)
    return (
        f"{doctor.report(seen, step)}\nJudged by the {len(epochs)} epochs so far. When training "
        "ends, it judges predictions too."
    )


if __name__ == "__main__":
    mains.run(main)
