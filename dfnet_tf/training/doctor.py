"""Common faults of unsupervised training: their symptoms, an explanation, and what to try.

The loss also falls in runs that learn nothing: constant disparity, zero motion and a mask that
hides every error are cheap.
"""

import dataclasses
import math
import statistics
from collections.abc import Callable

from dfnet_tf import stages
from dfnet_tf.config import Config

FILE, EPOCHS = "doctor.md", "epochs.json"  # In the run folder: the report, and its epochs' values.
UNKNOWN = math.nan  # Every comparison is false, so no rule applies to what a stage does not have.


@dataclasses.dataclass
class Observation:
    """A run's predictions on one batch, and the history of its epochs. Lengths are in pixels."""

    stage: str = "joint"  # The stage that was trained.
    finite: bool = True  # Whether all predictions are finite.
    still_share: float = UNKNOWN  # Share of consecutive frames that hardly differ.
    disparity_spread: float = UNKNOWN  # Within an image: standard deviation / mean.
    disparity_median: float = UNKNOWN
    flow_length: float = UNKNOWN  # Mean over all pixels.
    flow_visible: float = UNKNOWN  # Share of pixels that the flow's mask calls visible.
    rigid_length: float = UNKNOWN  # The same two numbers for the rigid flow.
    rigid_visible: float = UNKNOWN
    skipped_steps: float = UNKNOWN  # Sum over all epochs.
    terms: dict[str, list[float]] = dataclasses.field(default_factory=dict)  # Weighted, by epoch.
    medians: list[float] = dataclasses.field(default_factory=list)  # Of disparity, by epoch.

    @property
    def exploding(self) -> str:
        """Terms that are NaN or infinite, or grew fivefold to more than half of the loss."""
        loss = sum(values[-1] for values in self.terms.values() if values)
        return ", ".join(
            name
            for name, values in self.terms.items()
            if not all(map(math.isfinite, values))
            or (
                len(values) > 1
                and values[-1] > 0.5 * loss
                and values[-1] > 5.0 * statistics.median(values[:-1])
            )
        )

    @property
    def zero(self) -> str:
        """Terms that were zero in every epoch, though every clip has them."""
        of_all = {name: self.terms[name] for name in self.terms if name not in stages.OF_SOME_CLIPS}
        return ", ".join(name for name, values in of_all.items() if values and not any(values))

    @property
    def drift(self) -> float:
        """The factor >= 1 by which median disparity changed in the second half of training.

        Unknown for fewer than four epochs.
        """
        if len(self.medians) < 4:
            return UNKNOWN
        change = self.medians[-1] / self.medians[len(self.medians) // 2]
        return max(change, 1.0 / change)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A fault: its condition, its description (a format of `seen`, an observation), and advice.

    `by_stages` is further advice, left out if it names the stage that was trained.
    """

    name: str
    shows: Callable[[Observation], bool]
    finding: str
    advice: str
    by_stages: str = ""


RULES = (
    Rule(
        "No numbers",
        lambda seen: not seen.finite,
        "The networks predict NaN or infinity.",
        "A lower --learning_rate, in another --run_dir, with --init_from this one. Delete its "
        "newest checkpoint first if that one predicts NaN too.",
    ),
    Rule(
        "Skipped steps",
        lambda seen: seen.skipped_steps > 0,
        "The loss or gradient of {seen.skipped_steps:.0f} steps was NaN or infinite. They were "
        "skipped.",
        "A lower --learning_rate; with mixed_float16, --precision=mixed_bfloat16.",
    ),
    Rule(
        "Static data",
        lambda seen: seen.still_share > 0.5,
        "{seen.still_share:.0%} of consecutive frames hardly differ: the camera stands still, or "
        "moves too slowly to show depth.",
        "`prepare` with --static_threshold=1.5, or with a larger --frame_step.",
    ),
    Rule(
        "Constant disparity",
        lambda seen: seen.disparity_spread < 0.05,
        "Disparity is nearly constant: it varies by {seen.disparity_spread:.1%} in an image.",
        "More epochs; check that the intrinsics belong to these images.",
        "Or train in stages: --stage=flow, --stage=depth, then --init_from both.",
    ),
    Rule(
        "Disparity at its lower end",
        lambda seen: seen.disparity_median < 0.02,
        "Most pixels are at the largest depth that the network can predict: the median disparity "
        "is {seen.disparity_median:.3f}, in a range of 0.01 to 10.01.",
        "A lower --learning_rate, or frames that differ more: `prepare` with --frame_step=2.",
    ),
    Rule(
        "Disparity at its upper end",
        lambda seen: seen.disparity_median > 9.9,
        "Most pixels are at the smallest depth that the network can predict: the median disparity "
        "is {seen.disparity_median:.2f}, in a range of 0.01 to 10.01.",
        "A lower --learning_rate, or another --seed.",
    ),
    Rule(
        "No motion",
        lambda seen: seen.still_share <= 0.5 and seen.rigid_length < 0.1,
        "The frames differ, but depth and motion explain no change: the rigid flow is "
        "{seen.rigid_length:.2f} pixels long.",
        "More epochs.",
        "Or --stage=flow first, then --init_from that run with a larger --cross_task.",
    ),
    Rule(
        "Motion far behind the flow",
        lambda seen: 0.1 <= seen.rigid_length < 0.1 * seen.flow_length,
        "The flow is {seen.flow_length:.2f} pixels long, but the rigid flow of depth and motion "
        "only {seen.rigid_length:.2f}.",
        "A larger --cross_task; check that the camera itself moves, not only the scene.",
    ),
    Rule(
        "No flow",
        lambda seen: seen.still_share <= 0.5 and seen.flow_length < 0.1,
        "The frames differ, but the flow is {seen.flow_length:.2f} pixels long.",
        "More epochs, or a higher --learning_rate.",
        "Or --stage=flow first.",
    ),
    Rule(
        "The flow's mask hides nearly everything",
        lambda seen: seen.flow_visible < 0.1,
        "Only {seen.flow_visible:.1%} of all pixels are visible. Hidden pixels cost nothing, so "
        "nothing is learned from them.",
        "A lower --learning_rate, or frames that differ less: a smaller --frame_step.",
    ),
    Rule(
        "The rigid flow's mask hides nearly everything",
        lambda seen: seen.rigid_visible < 0.1,
        "Only {seen.rigid_visible:.1%} of all pixels are visible: depth and the motions of both "
        "directions contradict each other. Hidden pixels cost nothing.",
        "A lower --learning_rate.",
        "Or --stage=depth first, which has no such mask.",
    ),
    Rule(
        "The flow's mask hides nothing",
        lambda seen: seen.flow_visible > 0.999 and seen.flow_length > 1.0,
        "The flow is {seen.flow_length:.2f} pixels long, but never leaves the image.",
        "More clips or --flip; look at the flow's borders in TensorBoard.",
    ),
    Rule(
        "The rigid flow's mask hides nothing",
        lambda seen: seen.rigid_visible > 0.999 and seen.rigid_length > 1.0,
        "The rigid flow is {seen.rigid_length:.2f} pixels long, but never leaves the image.",
        "Check the intrinsics; more clips or --flip.",
    ),
    Rule(
        "Drifting scale",
        lambda seen: seen.drift > 2.0,
        "The median disparity still changed by a factor of {seen.drift:.1f} in the second half of "
        "training.",
        "An earlier --halve_at, so that training settles, or a lower --learning_rate.",
    ),
    Rule(
        "A term explodes",
        lambda seen: bool(seen.exploding),
        "NaN, or five times its median and most of the loss: {seen.exploding}.",
        "A lower --learning_rate; for cross_task, a lower --cross_task.",
    ),
    Rule(
        "A term is zero",
        lambda seen: bool(seen.zero),
        "Zero in every epoch, so nothing was learned from it: {seen.zero}.",
        "Look at the masks in TensorBoard: with an empty mask there is nothing to compare.",
    ),
)


def findings(seen: Observation) -> list[str]:
    """A sentence or two on each fault; empty if there is none."""
    found = []
    for rule in RULES:
        if rule.shows(seen):
            found.append(f"{rule.name}. {rule.finding.format(seen=seen)} Try: {rule.advice}")
            if rule.by_stages and f"--stage={seen.stage}" not in rule.by_stages:
                found[-1] += f" {rule.by_stages}"
    return found


def remember(seen: Observation, epochs: list[dict[str, float]], config: Config) -> None:
    """Adds to `seen` what a run's epochs.json says; `config` is the run's."""

    def course(name: str) -> list[float]:
        """The values of a logged quantity, from all epochs that have it."""
        return [values[name] for values in epochs if name in values]

    seen.stage = config.training.stage
    seen.terms = {
        name: course(name)
        for name in stages.of(config.training).terms[config.loss.objective]
        if getattr(config.loss, name, 1.0)  # A term without weight is no fault.
    }
    seen.medians = course("median_disparity")
    seen.skipped_steps = sum(course("skipped_steps"))


def report(seen: Observation, step: int) -> str:
    """The report in Markdown: the findings and the numbers behind them."""
    found = [f"- {finding}" for finding in findings(seen)] or ["Nothing suspicious."]
    numbers = {name: v for name, v in vars(seen).items() if isinstance(v, float)}
    rows = [f"| {name} | {v:.4g} |" for name, v in numbers.items() if not math.isnan(v)]
    by_epoch = {**seen.terms, "median disparity": seen.medians}
    rows += [f"| {name} | {_course(values)} |" for name, values in by_epoch.items() if values]
    return "\n".join([f"# Step {step}", "", *found, "", "| | |", "|---|---|", *rows, ""])


def _course(values: list[float]) -> str:
    """First, middle and last of the epochs' values."""
    chosen = dict.fromkeys((0, len(values) // 2, len(values) - 1))
    return ", ".join(f"{values[i]:.4g}" for i in chosen)
