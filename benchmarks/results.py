"""Tables of docs/results.md: the effect of joint training, of parts of its objective, of distil.

python -m benchmarks.results --world=KITTI --init_from=runs/flow --init_from=runs/depth \
  --data=data/kitti --truth=data/kitti_truth --output=runs/results
python -m benchmarks.results --world=KITTI --init_from=runs/joint --stage=distil \
  --data=data/kitti --truth=data/kitti_truth --output=runs/results --epochs=3 --learning_rate=1e-4

Continues training from the networks of other runs: jointly with the whole objective and without
each part in --without, or in stage distil; everything else is equal, with several seeds. Evaluates
the networks before and after on clips that were not used for training, and writes table.md from
the JSON files of all worlds in the output folder. If stopped, the same command continues. The
folder --truth has clips with ground truth: depth/, flow/ and odometry/.
"""

import json
from pathlib import Path

from absl import app, flags

from benchmarks.trainings import (
    before,
    next_config,
    parse_weight,
    table,
    training_name,
    with_weight,
)
from dfnet_tf.config import OBJECTIVES, Config
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.truth import flow_pairs
from dfnet_tf.program import mains, outputs

_OUTPUT = flags.DEFINE_string("output", None, "The folder of runs and table.", required=True)
_WORLD = flags.DEFINE_string("world", None, "A name for these clips in the table.", required=True)
_INIT_FROM = flags.DEFINE_multi_string(
    "init_from",
    None,
    "Runs that together have all networks, for example one of stage flow and one of stage depth.",
    required=True,
)
_DATA = flags.DEFINE_string("data", None, "The clips to train on.", required=True)
_TRUTH = flags.DEFINE_string("truth", None, "A folder of depth/, flow/, odometry/.", required=True)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1"], "The seeds of each training.")
_EPOCHS = flags.DEFINE_integer("epochs", 2, "Epochs of 100 steps per training.", lower_bound=1)
_LEARNING_RATE = flags.DEFINE_float("learning_rate", 1.5e-4, "Learning rate of each training.")
_STAGE = flags.DEFINE_enum("stage", "joint", ["joint", "distil"], "The stage to train.")
_OBJECTIVE = flags.DEFINE_enum("objective", "paper", list(OBJECTIVES), "The loss.")
_WITHOUT = flags.DEFINE_multi_string(
    "without",
    ["cross_task"],
    "The name of a weight or switch of the objective to leave out in one joint training.",
)
_WEIGHT = flags.DEFINE_multi_string(
    "weight", [], "A changed weight of the objective, such as cross_task=0.5."
)


def main() -> None:
    output, runs = Path(_OUTPUT.value), [Path(folder) for folder in _INIT_FROM.value]
    stage, objective = _STAGE.value, _OBJECTIVE.value
    if stage == "distil" and any(flag.present for flag in (_OBJECTIVE, _WITHOUT, _WEIGHT)):
        raise app.UsageError("Expected no --objective, --without or --weight with --stage=distil.")
    config = next_config(runs, stage, objective, _EPOCHS.value, _LEARNING_RATE.value)
    for name, weight in map(parse_weight, _WEIGHT.value):
        config = with_weight(config, name, weight)
    parts = *(_WITHOUT.value if stage == "joint" else ()), None
    trainings = {
        training_name(stage, objective, part): with_weight(config, part, 0) if part else config
        for part in parts
    }
    for seed in map(int, _SEEDS.value):
        for name, own in trainings.items():
            _run(own.replace(training__seed=seed), runs, output, name)
    _run(config.replace(training__stage="joint"), runs, output, before(stage))
    results = [json.loads(path.read_text()) for path in sorted(output.glob("*.json"))]
    with outputs.whole_file(output / "table.md") as path:
        path.write_text(table(results) + "\n")
    print(f"\n{table(results)}")


def _run(config: Config, runs: list[Path], output: Path, training: str) -> None:
    """Trains (unless `training` is `before`) and evaluates; skipped if the JSON file exists."""
    row = {"world": _WORLD.value, "network": config.network.name, "training": training}
    title = "_".join([*row.values(), str(config.training.seed)]).replace(",", "").replace(" ", "_")
    result = output / f"{title}.json"
    if result.exists():
        return
    print(f"\n{title}", flush=True)

    import keras

    from dfnet_tf.models.dfnet import DFNet
    from dfnet_tf.prediction.predictor import Predictor
    from dfnet_tf.training import checkpoints, loop

    keras.backend.clear_session()
    if training == before(_STAGE.value):
        model = DFNet(config)
        model.build()
        checkpoints.start_from(model, runs)
    else:
        clips = read_clips(_DATA.value)
        model = loop.train(config, clips, output / "runs" / title, init_from=runs)
    measured = _measure(Predictor(model), Path(_TRUTH.value))
    with outputs.whole_file(result) as path:
        path.write_text(
            json.dumps({**row, "config": config.to_dict(), **measured}, indent=1) + "\n"
        )


def _measure(predictor, truth: Path) -> dict:
    """The three numbers in `METRICS` on clips not used for training, ours and trivial."""
    from dfnet_tf.evaluation import headline

    depth, odometry = (read_clips(truth / task) for task in ("depth", "odometry"))
    pairs = flow_pairs.read_flow_pairs(truth / "flow")
    measured = {
        "depth": headline.depth_error(depth, predictor.disparity),
        "flow": headline.flow_error(pairs, predictor.flow),
        "motion": headline.motion_error(odometry, predictor.snippet),
    }
    return {who: {task: measured[task][who] for task in measured} for who in ("ours", "trivial")}


if __name__ == "__main__":
    mains.run(main)
