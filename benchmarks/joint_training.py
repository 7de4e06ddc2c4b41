"""Joint trainings to be compared, what each goes without, and the table of their numbers."""

import dataclasses
import statistics
from collections.abc import Sequence
from pathlib import Path

from dfnet_tf.config import Config, ConfigError
from dfnet_tf.presets import preset

STEPS = 100  # Of an epoch.
AVERAGE_MOMENTUM = 0.995  # Else what is compared drowns in the noise of the last few batches.
METRICS = {"depth": "abs rel", "flow": "EPE, px", "motion": "5-frame ATE, m"}
BEFORE = "before"  # What is measured without a training.


def training_name(objective: str, part: str | None) -> str:
    """What a row calls a training by an objective, perhaps without one part of it."""
    name = "joint" if objective == "paper" else f"joint, {objective}"
    return name if part is None else f"{name}, without {part.replace('_', ' ')}"


def joint_config(
    stages: Sequence[Path],
    objective: str,
    weights: dict[str, float],
    epochs: int,
    learning_rate: float,
) -> Config:
    """The joint stage after the runs `stages`, the last of which says networks and frames.

    Args:
      stages: run folders.
      objective: that of the last stage, whose weights are kept, or another.
      weights: of the objective, by name, that are not its own.
      epochs: of STEPS steps.
      learning_rate: from first to last.

    Raises:
      ConfigError: a folder is not that of a run.
    """
    config = Config.load(stages[-1] / "config.json")
    loss = config.loss
    if loss.objective != objective:
        loss = preset(config.network.name, objective).loss
    if objective == "paper":
        weights = {"rigid_occlusions": True, **weights}
    return dataclasses.replace(config, loss=dataclasses.replace(loss, **weights)).replace(
        training__stage="joint",
        training__epochs=epochs,
        training__steps_per_epoch=STEPS,
        training__learning_rate=learning_rate,
        training__halve_at=(),
        training__motion_first=0,
        training__average_momentum=AVERAGE_MOMENTUM,
    )


def without(config: Config, part: str | None) -> Config:
    """The same training without one weight or switch of its objective; raises ConfigError."""
    if part is None:
        return config
    parts = [each.name for each in dataclasses.fields(config.loss) if each.type in (float, bool)]
    if part not in parts:
        raise ConfigError(f"Expected --without one of {', '.join(parts)}. Received: {part}.")
    return config.replace(**{f"loss__{part}": type(getattr(config.loss, part))(0)})


def table(results: list[dict]) -> str:
    """Markdown: of each world and network a row per training, means and each seed's values.

    Args:
      results: what `_run` wrote.
    """
    groups = {}
    for result in results:
        of = groups.setdefault((result["world"], result["network"]), {})
        of.setdefault(result["training"], []).append(result)
    lines = ["| | " + " | ".join(METRICS.values()) + " |", "|---" * (len(METRICS) + 1) + "|"]
    for (world, network), of in groups.items():
        for training in sorted(of, key=lambda name: (name != BEFORE, name)):
            cells = [_cell([one["ours"][task] for one in of[training]]) for task in METRICS]
            lines.append(f"| {world}, `{network}`, {training} | " + " | ".join(cells) + " |")
        trivial = next(iter(of.values()))[0]["trivial"]
        cells = [f"{trivial[task]:.3f}" for task in METRICS]
        lines.append(f"| {world}, trivial answer | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    """The mean, and in brackets the values it is of, if there are several."""
    mean = f"{statistics.mean(values):.3f}"
    each = ", ".join(f"{value:.3f}" for value in values)
    return f"{mean} ({each})" if len(values) > 1 else mean
