"""Pairs with true flow, each seen through shifted and mirrored windows.

On two image pairs of the KITTI benchmark, rounding the weights in one way or another changes the
error of flow by 5 %. In eight windows each rounding acts differently on the same scene, and the
mean error shows the cost of the rounding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

LEFT_OUT = 16, 40  # Rows and columns outside the window, in pixels.
SHIFTS = ((0, 0), (7, 13), (3, 29), (11, 5))  # Corners (y, x) of the window.


@dataclass(frozen=True)
class View:
    """A window of a pair; itself a pair for `evaluation.flow_protocol`."""

    pair: object
    shift: tuple[int, int]
    mirrored: bool

    @property
    def name(self) -> str:
        return f"{self.pair.name} from {self.shift}{', mirrored' if self.mirrored else ''}"

    def first(self) -> np.ndarray:
        return self._seen(self.pair.first())

    def second(self) -> np.ndarray:
        return self._seen(self.pair.second())

    def truth(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        direction = np.array((-1 if self.mirrored else 1, 1))  # A mirror negates u.
        return {
            group: (direction * self._seen(flow), self._seen(valid))
            for group, (flow, valid) in self.pair.truth().items()
        }

    def _seen(self, picture: np.ndarray) -> np.ndarray:
        height, width = np.subtract(picture.shape[:2], LEFT_OUT)
        y, x = self.shift
        window = picture[y : y + height, x : x + width]
        return np.ascontiguousarray(window[:, ::-1] if self.mirrored else window)


def views(pairs: Iterable) -> Iterator[View]:
    """Every pair through all `SHIFTS`, plain and mirrored."""
    for pair in pairs:
        for shift in SHIFTS:
            for mirrored in (False, True):
                yield View(pair, shift, mirrored)
