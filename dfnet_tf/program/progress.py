"""Progress bars for long jobs, on stderr."""

import sys
from collections.abc import Iterable

from tqdm import tqdm

LOG_INTERVAL = 30.0  # Seconds between two lines in a log file, which has no live bar.


def progress(items: Iterable, what: str, unit: str, total: int | None = None) -> tqdm:
    """Yields `items` and shows how many of `total` (default: their number) are done, and the rate.

    Shows a bar on a terminal. Elsewhere, only jobs longer than LOG_INTERVAL are reported.
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
