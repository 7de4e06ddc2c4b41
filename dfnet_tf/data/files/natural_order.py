"""Natural order of file names: 2 before 10, with or without leading zeros."""

import re
from decimal import Decimal
from pathlib import PurePath

_SECONDS = re.compile(r"\d+\.\d+", re.ASCII)
# Seconds since 1970 have ten digits; a shorter number with a point may be two separate numbers.
_SECONDS_SINCE_1970 = re.compile(r"(\d{9,}\.\d+)", re.ASCII)

_WHOLE_SINCE_1970 = re.compile(r"[1-3]\d{9}((\d{3}){1,3})?", re.ASCII)  # s, ms, us or ns.


def natural_key(path: PurePath) -> tuple:
    """Sorts by alternating text and numbers, and by the name itself if these are equal.

    "a2.png" comes before "a10.png", "a.png" before "a (1).png". A name that is a number of seconds,
    such as "1.25.png" and "1.5.png", counts as one decimal number.
    """
    stem = path.stem.casefold()
    found = _SECONDS.fullmatch(stem) and [stem] or _SECONDS_SINCE_1970.findall(stem)
    parts = re.split(f"({re.escape(found[0])}|\\d+)" if found else r"(\d+)", stem)
    return [Decimal(part) if i % 2 else part for i, part in enumerate(parts)], path.name


def seconds_in(path: PurePath) -> float | None:
    """The time in a file name, in seconds; None if there is none.

    Examples: TUM's images, "1305031102.175304.png", and EuRoC's, in nanoseconds since 1970,
    "1403636579763555584.png".
    """
    if found := _SECONDS.fullmatch(path.stem) or _SECONDS_SINCE_1970.search(path.stem):
        return float(found[0])
    if _WHOLE_SINCE_1970.fullmatch(path.stem):
        return int(path.stem) / 10 ** (len(path.stem) - 10)
    return None
