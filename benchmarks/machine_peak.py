"""How fast convolutions can be on this machine, and so the least time that a model needs here.

The peak is what LiteRT itself reaches on convolutions of comfortable shapes, one after the other.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import keras

from benchmarks.multiply_adds import Work

SIZE = 32, 32  # Features that stay in the cache.
LAYERS = 8


class Chain(NamedTuple):
    """Equal convolutions in a row, as fast as any of their kind."""

    kind: str  # CONV_2D or DEPTHWISE_CONV_2D
    filters: int
    kernel_size: int

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.kernel_size}x{self.kernel_size}_{self.filters}"


# Of each kind the faster one counts: which it is depends on the arithmetic.
CHAINS = (
    Chain("CONV_2D", 512, 1),
    Chain("CONV_2D", 256, 3),
    Chain("DEPTHWISE_CONV_2D", 256, 3),
    Chain("DEPTHWISE_CONV_2D", 256, 5),
)


class ChainNet(keras.Model):
    """An image [N, H, W, 3] -> [N, H, W, 1] through a chain, which is nearly all of its work."""

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
    """The time of a model that does nothing but multiply and add, at the machine's peak.

    Args:
      work: of each operator of the model.
      peaks: multiply-adds a millisecond, by (kind, arithmetic).
    """
    return sum(one.multiply_adds / peaks[one.kind, one.arithmetic] for one in work)
