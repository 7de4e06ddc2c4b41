"""The size at which a convolutional network sees pictures of another shape than it learned."""

import itertools
import math

NEAR = 0.15  # Log of the ratio of two aspects; nearer ones count as the same.
SIZE_WEIGHT = 0.3  # How much a wrong number of pixels counts beside a wrong aspect.


def fitted_size(shown: tuple[int, int], trained: tuple[int, int], multiple: int) -> tuple[int, int]:
    """The (height, width) for pictures of size `shown`: their aspect, and the `trained` area.

    Args:
      shown: (height, width) of the pictures.
      trained: (height, width) in training; also the answer for pictures of nearly that aspect.
      multiple: of which height and width must be multiples.
    """
    area = trained[0] * trained[1]
    if abs(_log_aspect(shown) - _log_aspect(trained)) < NEAR:
        return trained
    sides = range(multiple, 4 * math.isqrt(area) + multiple, multiple)
    return min(
        itertools.product(sides, sides),
        key=lambda size: (
            abs(_log_aspect(shown) - _log_aspect(size))
            + SIZE_WEIGHT * abs(math.log(size[0] * size[1] / area))
        ),
    )


def _log_aspect(size: tuple[int, int]) -> float:
    return math.log(size[1] / size[0])
