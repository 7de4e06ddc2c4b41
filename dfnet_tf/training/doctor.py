"""What commonly goes wrong without labels: how it shows, in plain words, and what to try.

Losses fall in runs that learn nothing: a disparity that is the same everywhere, a camera that never
moves and a mask that hides every mistake are cheap.
"""

import dataclasses
import math
import statistics
from collections.abc import Callable

UNKNOWN = math.nan  # Compares false with everything: no rule speaks of what a stage does not have.


@dataclasses.dataclass
class Observation:
    """What a run shows on one batch, and what its epochs were like. Lengths are in pixels."""

    stage: str = "joint"  # What was trained.
    finite: bool = True  # All that the networks predict.
    still_share: float = UNKNOWN  # Of neighbouring frames, those that hardly differ.
    disparity_spread: float = UNKNOWN  # Within a picture: standard deviation / mean.
    disparity_median: float = UNKNOWN
    flow_length: float = UNKNOWN  # Mean over all pixels.
    flow_visible: float = UNKNOWN  # The share of pixels that its mask lets count.
    rigid_length: float = UNKNOWN  # Likewise, of the rigid flow.
    rigid_visible: float = UNKNOWN
    skipped_steps: float = UNKNOWN  # Of all epochs.
    terms: dict[str, list[float]] = dataclasses.field(default_factory=dict)  # By epoch, weighted.
    medians: list[float] = dataclasses.field(default_factory=list)  # Of disparity, by epoch.

    @property
    def exploding(self) -> str:
        """The terms that are no numbers, or grew fivefold to more than half of the loss."""
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
        """The terms that were zero in every epoch."""
        return ", ".join(name for name, values in self.terms.items() if values and not any(values))

    @property
    def drift(self) -> float:
        """By how much the median disparity changed in the second half of training, a factor >= 1.

        Not known of less than four epochs.
        """
        if len(self.medians) < 4:
            return UNKNOWN
        change = self.medians[-1] / self.medians[len(self.medians) // 2]
        return max(change, 1.0 / change)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A fault: when it shows, what is said of it (with an observation's values), what to try.

    `by_stages` is more to try; not said where it names the very stage that was trained.
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
        "A lower --learning_rate, in another --run_dir, with --init_from this one, without its "
        "newest checkpoint if that was written too late.",
    ),
    Rule(
        "Skipped steps",
        lambda seen: seen.skipped_steps > 0,
        "Of {seen.skipped_steps:.0f} steps a loss or gradient was NaN or infinite; they were left "
        "out.",
        "A lower --learning_rate; with mixed_float16, --precision=mixed_bfloat16.",
    ),
    Rule(
        "Static data",
        lambda seen: seen.still_share > 0.5,
        "{seen.still_share:.0%} of neighbouring frames hardly differ: the camera stands, or is too "
        "slow to show depth.",
        "prepare with --static_threshold=1.5, or a larger --frame_step.",
    ),
    Rule(
        "Constant disparity",
        lambda seen: seen.disparity_spread < 0.05,
        "Disparity is the same all over a picture: it varies by {seen.disparity_spread:.1%}.",
        "More epochs; check that the intrinsics are those of these images.",
        "Or one stage after the other: --stage=flow, --stage=depth, then --init_from both.",
    ),
    Rule(
        "Disparity at its lower end",
        lambda seen: seen.disparity_median < 0.02,
        "Most pixels are as far as the network can say: the median disparity is "
        "{seen.disparity_median:.3f}, of 0.01 to 10.01.",
        "A lower --learning_rate, or frames that differ more: prepare with --frame_step=2.",
    ),
    Rule(
        "Disparity at its upper end",
        lambda seen: seen.disparity_median > 9.9,
        "Most pixels are as near as the network can say: the median disparity is "
        "{seen.disparity_median:.2f}, of 0.01 to 10.01.",
        "A lower --learning_rate, or another --seed.",
    ),
    Rule(
        "No motion",
        lambda seen: seen.still_share <= 0.5 and seen.rigid_length < 0.1,
        "The frames differ, yet depth and motion explain no change: the rigid flow is "
        "{seen.rigid_length:.2f} pixels long.",
        "More epochs.",
        "Or --stage=flow first, then --init_from that run with a larger --cross_task.",
    ),
    Rule(
        "Motion far behind the flow",
        lambda seen: 0.1 <= seen.rigid_length < 0.1 * seen.flow_length,
        "The flow is {seen.flow_length:.2f} pixels long, what depth and motion explain of it "
        "{seen.rigid_length:.2f}.",
        "A larger --cross_task; check that the camera moves, not only what it looks at.",
    ),
    Rule(
        "No flow",
        lambda seen: seen.still_share <= 0.5 and seen.flow_length < 0.1,
        "The frames differ, yet the flow is {seen.flow_length:.2f} pixels long.",
        "More epochs, or a higher --learning_rate.",
        "Or --stage=flow first.",
    ),
    Rule(
        "The flow's mask hides nearly everything",
        lambda seen: seen.flow_visible < 0.1,
        "{seen.flow_visible:.1%} of all pixels count: what is hidden costs nothing, so nothing is "
        "learned from it.",
        "A lower --learning_rate, or frames that differ less: a smaller --frame_step.",
    ),
    Rule(
        "The rigid flow's mask hides nearly everything",
        lambda seen: seen.rigid_visible < 0.1,
        "{seen.rigid_visible:.1%} of all pixels count: depth and the motions of both directions "
        "contradict each other, and what is hidden costs nothing.",
        "A lower --learning_rate.",
        "Or --stage=depth first, which masks nothing so.",
    ),
    Rule(
        "The flow's mask hides nothing",
        lambda seen: seen.flow_visible > 0.999 and seen.flow_length > 1.0,
        "The flow is {seen.flow_length:.2f} pixels long, but leads nowhere out of the picture.",
        "More clips or --flip; look at the flow's borders in TensorBoard.",
    ),
    Rule(
        "The rigid flow's mask hides nothing",
        lambda seen: seen.rigid_visible > 0.999 and seen.rigid_length > 1.0,
        "The rigid flow is {seen.rigid_length:.2f} pixels long, but leads nowhere out of the "
        "picture.",
        "Check the intrinsics; more clips or --flip.",
    ),
    Rule(
        "Drifting scale",
        lambda seen: seen.drift > 2.0,
        "In the second half of training the median disparity still changed {seen.drift:.1f} times.",
        "--halve_at earlier, so that training settles, or a lower --learning_rate.",
    ),
    Rule(
        "A term explodes",
        lambda seen: bool(seen.exploding),
        "No number, or five times what it was and most of the loss: {seen.exploding}.",
        "A lower --learning_rate; of cross_task, a lower --cross_task.",
    ),
    Rule(
        "A term is zero",
        lambda seen: bool(seen.zero),
        "It was so in every epoch, and taught nothing: {seen.zero}.",
        "Look at the masks in TensorBoard: one that is empty leaves nothing to compare.",
    ),
)


def findings(seen: Observation) -> list[str]:
    """A sentence or two on each fault that shows; none when all is well."""
    found = []
    for rule in RULES:
        if rule.shows(seen):
            found.append(f"{rule.name}. {rule.finding.format(seen=seen)} Try: {rule.advice}")
            if rule.by_stages and f"--stage={seen.stage}" not in rule.by_stages:
                found[-1] += f" {rule.by_stages}"
    return found


def report(seen: Observation, step: int) -> str:
    """The whole report, in Markdown: what was found, and the numbers behind it."""
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
