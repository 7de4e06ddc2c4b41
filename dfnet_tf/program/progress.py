"""How far long work is, told on stderr."""

import sys
from collections.abc import Iterable

from tqdm import tqdm

LOG_INTERVAL = 30.0  # Seconds between two reports in a log file, where no line can be rewritten.


def progress(items: Iterable, what: str, unit: str, total: int | None = None) -> tqdm:
    """Yields `items` and shows how many of `total` (default: their length) are done, and how fast.

    On a terminal as a bar; elsewhere only work of more than half a minute is reported at all.
    """
    live = sys.stderr.isatty()
    return tqdm(
        items,
        desc=what,
        unit=f" {unit}s",
        total=total,
        dynamic_ncols=True,
        delay=0.0 if live else LOG_INTERVAL,
        mininterval=0.1 if live else LOG_INTERVAL,
    )
