"""The README's table: what each preset's losses teach, with and without cross-task consistency.

python -m benchmarks.results --output=runs/results [--kitti=data/kitti_results]

Trains every combination from random weights, for each world and seed alike, on the networks of
`tiny`, measures it on clips that were not trained on, and writes table.md from the JSON files of
the runs. Stopped, it goes on where it was; several at once (with other seeds or presets) may share
an output folder.

The worlds: `rendered` are streets of `data.synthetic`; `kitti`, if it is given, a folder with
clips to train on in train/, and clips with truth in depth/, flow/ and odometry/.
"""

import json
import statistics
from pathlib import Path

from absl import app, flags

from dfnet_tf import mains, outputs
from dfnet_tf.config import Config, preset
from dfnet_tf.data import clip, flow_pairs, synthetic

SIZE = 64, 192  # Height and width of the frames.
STEPS = 100  # Of an epoch.
FOLDERS = ("train", "depth", "flow", "odometry")
WORLDS = ("kitti", "rendered")  # As the columns stand.
METRICS = {"depth": "abs rel", "flow": "EPE, px", "motion": "5-frame ATE, m"}
TRAININGS = {"joint": "with cross-task", "apart": "without"}

_OUTPUT = flags.DEFINE_string("output", None, "The folder of runs and table.", required=True)
_KITTI = flags.DEFINE_string("kitti", None, "A folder with train/, depth/, flow/ and odometry/.")
_PRESETS = flags.DEFINE_list("presets", ["paper", "mobile"], "Whose losses and weights.")
_SEEDS = flags.DEFINE_list("seeds", ["0", "1"], "The seeds to train each with.")
_EPOCHS = flags.DEFINE_integer("epochs", 6, "Of each training, 100 steps each.", lower_bound=1)


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    output = Path(_OUTPUT.value)
    worlds = {"rendered": _rendered(output / "data")}
    if _KITTI.value:
        worlds["kitti"] = {task: Path(_KITTI.value) / task for task in FOLDERS}
    for seed in map(int, _SEEDS.value):
        for name in _PRESETS.value:
            for cross_task in (True, False):
                for world, folders in worlds.items():
                    title = f"{world}_{name}_{'joint' if cross_task else 'apart'}_{seed}"
                    config = results_config(name, cross_task, _EPOCHS.value, seed)
                    _run(config, folders, world, output, title)
    results = {path.stem: json.loads(path.read_text()) for path in sorted(output.glob("*.json"))}
    with outputs.whole_file(output / "table.md") as path:
        path.write_text(table(results) + "\n")
    print(f"\n{table(results)}")


def results_config(name: str, cross_task: bool, epochs: int, seed: int) -> Config:
    """A preset's losses and weights on networks and frames that CPU cores train in minutes."""
    recipe, small = preset(name), preset("tiny")
    levels = len(small.loss.level_weights)
    return recipe.replace(
        data__height=SIZE[0],
        data__width=SIZE[1],
        data__num_frames=small.data.num_frames,
        data__batch_size=small.data.batch_size,
        data__flip=True,
        network__name=small.network.name,
        network__depth_downscale=small.network.depth_downscale,
        network__imagenet=False,
        loss__level_weights=recipe.loss.level_weights[:levels],
        loss__census_radii=recipe.loss.census_radii[:levels],
        loss__cross_task=recipe.loss.cross_task if cross_task else 0.0,
        training__epochs=epochs,
        training__steps_per_epoch=STEPS,
        training__learning_rate=small.training.learning_rate,
        training__halve_at=(epochs * STEPS * 3 // 4,),
        training__seed=seed,
    )


def _rendered(folder: Path) -> dict[str, Path]:
    """Streets to train on, and others to measure on, rendered unless they are there."""
    training, test = folder / "training", folder / "test"
    synthetic.rendered_clips(training, range(16), num_frames=32, size=SIZE)
    synthetic.rendered_clips(test, range(100, 104), num_frames=16, size=SIZE)
    return {"train": training, "depth": test, "flow": test, "odometry": test}


def _run(config: Config, folders: dict[str, Path], world: str, output: Path, title: str) -> None:
    """Trains and measures one combination, unless its JSON file is there."""
    result = output / f"{title}.json"
    if result.exists():
        return
    print(f"\n{title}", flush=True)

    import keras

    from dfnet_tf.inference import Predictor
    from dfnet_tf.training import checkpoints, loop

    keras.backend.clear_session()
    run_dir = output / "runs" / title
    loop.train(config, clip.read_clips(folders["train"]), run_dir)
    measured = _measure(Predictor(checkpoints.load_trained(run_dir)), folders, world)
    with outputs.whole_file(result) as path:
        path.write_text(json.dumps({"config": config.to_dict(), **measured}, indent=1) + "\n")


def _measure(predictor, folders: dict[str, Path], world: str) -> dict:
    """The three numbers of `METRICS` on the clips that were not trained on, ours and trivial."""
    from dfnet_tf.evaluation import headline
    from dfnet_tf.evaluation.depth_metrics import GARG_CROP

    crop = None if world == "rendered" else GARG_CROP
    depth, odometry = (clip.read_clips(folders[task]) for task in ("depth", "odometry"))
    pairs = flow_pairs.read_flow_pairs(folders["flow"])
    measured = {
        "depth": headline.depth_error(depth, predictor.disparity, crop),
        "flow": headline.flow_error(pairs, predictor.flow),
        "motion": headline.motion_error(odometry, predictor.snippet),
    }
    return {who: {task: measured[task][who] for task in measured} for who in ("ours", "trivial")}


def table(results: dict[str, dict]) -> str:
    """Markdown: per preset and training a row of means, with each seed's values.

    Args:
      results: {world_preset_training_seed: what `_run` wrote}.
    """
    groups = {}
    for title, result in results.items():
        world, name, training, _ = title.split("_")
        groups.setdefault((name, training), {}).setdefault(world, []).append(result)
    worlds = sorted({world for of in groups.values() for world in of}, key=WORLDS.index)
    columns = [(world, task) for world in worlds for task in METRICS]
    lines = [
        "| | " + " | ".join(f"{world}: {METRICS[task]}" for world, task in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for (name, training), of in groups.items():
        cells = [_cell([r["ours"][task] for r in of.get(world, ())]) for world, task in columns]
        lines.append(f"| `{name}`, {TRAININGS[training]} | " + " | ".join(cells) + " |")
    trivial = {world: next(of[world] for of in groups.values() if world in of) for world in worlds}
    cells = [f"{trivial[world][0]['trivial'][task]:.3f}" for world, task in columns]
    return "\n".join([*lines, "| trivial answer | " + " | ".join(cells) + " |"])


def _cell(values: list[float]) -> str:
    """The mean, and in brackets the values it is of."""
    if not values:
        return ""
    return f"{statistics.mean(values):.3f} ({', '.join(f'{value:.3f}' for value in values)})"


if __name__ == "__main__":
    mains.run(main)
