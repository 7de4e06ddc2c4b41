"""The README's table: what joint training adds, with and without cross-task consistency.

python -m benchmarks.results --world=kitti --init_from=runs/flow --init_from=runs/depth \
  --data=data/kitti --truth=data/kitti_truth --output=runs/results

Trains on from the networks of two stages, with the cross-task term and without it, all else alike
and with several seeds; measures what it began with and what came out, on clips that were not
trained on; and writes table.md from the JSON files of all worlds in the output folder. Stopped, it
goes on where it was. In the folder --truth are clips with truth: depth/, flow/ and odometry/.
"""

import json
import statistics
from pathlib import Path

from absl import app, flags

from dfnet_tf import mains, outputs
from dfnet_tf.config import Config
from dfnet_tf.data import clip, flow_pairs

STEPS = 100  # Of an epoch.
AVERAGE_MOMENTUM = 0.995  # Else what is compared drowns in the noise of the last few batches.
METRICS = {"depth": "abs rel", "flow": "EPE, px", "motion": "5-frame ATE, m"}
TRAININGS = {"before": "stages alone", "apart": "joint, without cross-task", "joint": "joint"}

_OUTPUT = flags.DEFINE_string("output", None, "The folder of runs and table.", required=True)
_WORLD = flags.DEFINE_string("world", None, "A name for these clips, in the table.", required=True)
_INIT_FROM = flags.DEFINE_multi_string(
    "init_from", None, "A run of stage flow, and one of stage depth.", required=True
)
_DATA = flags.DEFINE_string("data", None, "The clips to train on.", required=True)
_TRUTH = flags.DEFINE_string("truth", None, "A folder of depth/, flow/, odometry/.", required=True)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1"], "The seeds to train each with.")
_EPOCHS = flags.DEFINE_integer("epochs", 2, "Of each training, 100 steps each.", lower_bound=1)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 1.5e-4, "Of each training.")
_CROSS_TASK = flags.DEFINE_float("cross_task", 0.5, "Weight of the term, where it is there.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    output, stages = Path(_OUTPUT.value), [Path(folder) for folder in _INIT_FROM.value]
    for seed in map(int, _SEEDS.value):
        for training, weight in (("apart", 0.0), ("joint", _CROSS_TASK.value)):
            config = joint_config(stages, weight, seed)
            _run(config, stages, output, training)
    _run(joint_config(stages, 0.0, 0), stages, output, "before")
    results = {path.stem: json.loads(path.read_text()) for path in sorted(output.glob("*.json"))}
    with outputs.whole_file(output / "table.md") as path:
        path.write_text(table(results) + "\n")
    print(f"\n{table(results)}")


def joint_config(stages: list[Path], cross_task: float, seed: int) -> Config:
    """The joint stage after those of `stages`, the last of which says networks, frames and losses.

    Raises:
      ConfigError: a folder is not that of a run.
    """
    config = Config.load(stages[-1] / "config.json")
    return config.replace(
        loss__cross_task=cross_task,
        loss__rigid_occlusions=True,
        training__stage="joint",
        training__epochs=_EPOCHS.value,
        training__steps_per_epoch=STEPS,
        training__learning_rate=_LEARNING_RATE.value,
        training__halve_at=(),
        training__motion_first=0,
        training__average_momentum=AVERAGE_MOMENTUM,
        training__seed=seed,
    )


def _run(config: Config, stages: list[Path], output: Path, training: str) -> None:
    """Trains, unless it is "before" that, and measures; nothing if the JSON file is there."""
    title = f"{_WORLD.value}_{config.network.name}_{training}_{config.training.seed}"
    result = output / f"{title}.json"
    if result.exists():
        return
    print(f"\n{title}", flush=True)

    import keras

    from dfnet_tf.inference import Predictor
    from dfnet_tf.model import DFNet
    from dfnet_tf.training import checkpoints, loop

    keras.backend.clear_session()
    if training == "before":
        model = DFNet(config)
        model.build()
        checkpoints.start_from(model, stages)
    else:
        clips = clip.read_clips(_DATA.value)
        model = loop.train(config, clips, output / "runs" / title, init_from=stages)
    measured = _measure(Predictor(model), Path(_TRUTH.value))
    with outputs.whole_file(result) as path:
        path.write_text(json.dumps({"config": config.to_dict(), **measured}, indent=1) + "\n")


def _measure(predictor, truth: Path) -> dict:
    """The three numbers of `METRICS` on the clips that were not trained on, ours and trivial."""
    from dfnet_tf.evaluation import headline

    depth, odometry = (clip.read_clips(truth / task) for task in ("depth", "odometry"))
    pairs = flow_pairs.read_flow_pairs(truth / "flow")
    measured = {
        "depth": headline.depth_error(depth, predictor.disparity),
        "flow": headline.flow_error(pairs, predictor.flow),
        "motion": headline.motion_error(odometry, predictor.snippet),
    }
    return {who: {task: measured[task][who] for task in measured} for who in ("ours", "trivial")}


def table(results: dict[str, dict]) -> str:
    """Markdown: per world and training a row of means, with each seed's values.

    Args:
      results: {world_network_training_seed: what `_run` wrote}.
    """
    groups = {}
    for title, result in results.items():
        world, network, training, _ = title.rsplit("_", 3)
        groups.setdefault((world, network), {}).setdefault(training, []).append(result)
    lines = ["| | " + " | ".join(METRICS.values()) + " |", "|---" * (len(METRICS) + 1) + "|"]
    for (world, network), of in groups.items():
        for training in (one for one in TRAININGS if one in of):
            cells = [_cell([one["ours"][task] for one in of[training]]) for task in METRICS]
            title = f"{world}, `{network}`, {TRAININGS[training]}"
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
        trivial = next(iter(of.values()))[0]["trivial"]
        cells = [f"{trivial[task]:.3f}" for task in METRICS]
        lines.append(f"| {world}, trivial answer | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    """The mean, and in brackets the values it is of, if there are several."""
    mean = f"{statistics.mean(values):.3f}"
    each = ", ".join(f"{value:.3f}" for value in values)
    return f"{mean} ({each})" if len(values) > 1 else mean


if __name__ == "__main__":
    mains.run(main)
