"""Frame numbers as flags write them: `100:200`, `0:300:50`, `0,50,100`."""

import re
from collections.abc import Container

from absl import app


def parsed_range(flag: str, text: str) -> range:
    """The frames of `first:end`, end excluded; raises UsageError that names the flag."""
    if re.fullmatch(r"\d+:\d+", text, re.ASCII) and (frames := range(*_numbers(text))):
        return frames
    raise app.UsageError(f"Expected --{flag}=first:end. Received: {text}.")


def parsed_numbers(flag: str, text: str) -> Container[int]:
    """The frames of `first:end:step`, `first:end` or `0,50,100`; raises UsageError."""
    if re.fullmatch(r"\d+(,\d+)*", text, re.ASCII):
        return _numbers(text)
    is_range = re.fullmatch(r"\d+:\d+(:0*[1-9]\d*)?", text, re.ASCII)
    if is_range and (frames := range(*_numbers(text))):
        return frames
    raise app.UsageError(f"Expected --{flag}=first:end:step or 0,50,100. Received: {text}.")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text, re.ASCII)]
