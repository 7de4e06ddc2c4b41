"""Trainings for comparisons, the parts they leave out, and the table of their results."""

import dataclasses
import statistics
from collections.abc import Sequence
from pathlib import Path

from dfnet_tf.config import Config, ConfigError
from dfnet_tf.presets import preset

STEPS = 100  # Per epoch.
AVERAGE_MOMENTUM = 0.995  # Without it, noise of the last batches hides the differences.
METRICS = {"depth": "abs rel", "flow": "EPE, px", "motion": "5-frame ATE, m"}


def before(stage: str) -> str:
    """The name of the row for the networks before a stage."""
    return f"before {stage}"


def training_name(stage: str, objective: str, part: str | None) -> str:
    """The name of the row for a training, possibly without one part of the objective."""
    name = stage if objective == "paper" else f"{stage}, {objective}"
    return name if part is None else f"{name}, without {part.replace('_', ' ')}"


def next_config(
    runs: Sequence[Path], stage: str, objective: str, epochs: int, learning_rate: float
) -> Config:
    """The config of a stage after other runs; the last run determines networks and frames.

    Args:
      runs: their folders.
      stage: joint or distil.
      objective: paper or robust. The objective of the last run keeps that run's weights.
      epochs: number of epochs of STEPS steps.
      learning_rate: constant.

    Raises:
      ConfigError: a folder does not contain a run.
    """
    config = Config.load(runs[-1] / "config.json")
    if config.loss.objective != objective:
        config = dataclasses.replace(config, loss=preset(config.network.name, objective).loss)
    if objective == "paper":
        config = config.replace(loss__rigid_occlusions=True)
    return config.replace(
        training__stage=stage,
        training__epochs=epochs,
        training__steps_per_epoch=STEPS,
        training__learning_rate=learning_rate,
        training__halve_at=(),
        training__motion_first=0,
        training__average_momentum=AVERAGE_MOMENTUM,
    )


def parse_weight(text: str) -> tuple[str, float]:
    """The name and the value of "name=value"; raises ConfigError for anything else."""
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        raise ConfigError(f"Expected a weight as name=number. Received: {text}.") from error


def with_weight(config: Config, part: str, weight: float) -> Config:
    """Returns `config` with another weight for a part of the objective; 0 turns a switch off.

    Raises:
      ConfigError: the objective has no such part, or the weight cannot work.
    """
    kinds = {part.name: part.type for part in dataclasses.fields(config.loss)}
    parts = [name for name, kind in kinds.items() if kind in (float, bool)]
    if part not in parts:
        raise ConfigError(f"Expected one of {', '.join(parts)}. Received: {part}.")
    return config.replace(**{f"loss__{part}": kinds[part](weight)})


def table(results: list[dict]) -> str:
    """Markdown: for each world and network, a row per training with means and each seed's values.

    Args:
      results: from the JSON files of `benchmarks.results`.
    """
    groups = {}
    for result in results:
        of = groups.setdefault((result["world"], result["network"]), {})
        of.setdefault(result["training"], []).append(result)
    lines = ["| | " + " | ".join(METRICS.values()) + " |", "|---" * (len(METRICS) + 1) + "|"]
    for (world, network), of in groups.items():
        for training in sorted(of, key=lambda name: (not name.startswith("before "), name)):
            cells = [_cell([one["ours"][task] for one in of[training]]) for task in METRICS]
            lines.append(f"| {world}, `{network}`, {training} | " + " | ".join(cells) + " |")
        trivial = next(iter(of.values()))[0]["trivial"]
        cells = [f"{trivial[task]:.3f}" for task in METRICS]
        lines.append(f"| {world}, trivial answer | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    """The mean, and in brackets the single values if there are several."""
    mean = f"{statistics.mean(values):.3f}"
    each = ", ".join(f"{value:.3f}" for value in values)
    return f"{mean} ({each})" if len(values) > 1 else mean
