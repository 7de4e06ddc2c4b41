"""Weights the terms of an objective and sums them over the pairs and frames of a clip."""

from collections.abc import Callable, Iterable
from typing import Any

from keras import ops


def weighted(weight: float, term: Callable, *arguments):
    """`weight` * `term(*arguments)`, with values [N] of pairs or frames.

    A term of weight 0 is not computed: its gradient could be NaN, and 0 * NaN is NaN.
    """
    return weight * term(*arguments) if weight else ops.zeros((1,))


def summed(parts: Iterable[tuple[str, Any]], num_clips) -> tuple[Any, dict[str, Any]]:
    """Sums `parts` (name, values [N]), averages over clips; returns the total and terms by name."""
    terms = {}
    for name, values in parts:
        terms[name] = terms.get(name, 0.0) + ops.sum(values) / ops.cast(num_clips, "float32")
    return sum(terms.values()), terms
