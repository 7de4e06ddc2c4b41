"""Measures the peak speed of convolutions on this machine, a lower bound for any model's time.

The peak is LiteRT's own speed on chains of convolutions with favourable shapes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import keras

from benchmarks.multiply_adds import Work

SIZE = 32, 32  # Features of this size stay in the cache.
LAYERS = 8


class Chain(NamedTuple):
    """A row of equal convolutions whose speed is the peak of its kind."""

    kind: str  # CONV_2D or DEPTHWISE_CONV_2D
    filters: int
    kernel_size: int

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.kernel_size}x{self.kernel_size}_{self.filters}"


# The fastest chain of each kind counts; it depends on the arithmetic.
CHAINS = (
    Chain("CONV_2D", 512, 1),
    Chain("CONV_2D", 256, 3),
    Chain("DEPTHWISE_CONV_2D", 256, 3),
    Chain("DEPTHWISE_CONV_2D", 256, 5),
)


class ChainNet(keras.Model):
    """An image [N, H, W, 3] -> [N, H, W, 1] through a chain, which does nearly all the work."""

    size_multiple = 1

    def __init__(self, chain: Chain, **kwargs):
        super().__init__(**kwargs)
        self.widen = keras.layers.Conv2D(chain.filters, 1, activation="relu6")
        self.chain = list(_layers(chain))
        self.narrow = keras.layers.Conv2D(1, 1)

    def call(self, images):
        x = self.widen(images)
        for layer in self.chain:
            x = layer(x)
        return self.narrow(x)


def _layers(chain: Chain) -> Iterator[keras.Layer]:
    for _ in range(LAYERS):
        if chain.kind == "DEPTHWISE_CONV_2D":
            yield keras.layers.DepthwiseConv2D(
                chain.kernel_size, padding="same", activation="relu6"
            )
        else:
            yield keras.layers.Conv2D(
                chain.filters, chain.kernel_size, padding="same", activation="relu6"
            )


def floor_ms(work: Iterable[Work], peaks: dict[tuple[str, str], float]) -> float:
    """The time of a model that only multiplies and adds, at the machine's peak.

    Args:
      work: of each operator of the model.
      peaks: multiply-adds per millisecond, by (kind, arithmetic).
    """
    return sum(one.multiply_adds / peaks[one.kind, one.arithmetic] for one in work)
