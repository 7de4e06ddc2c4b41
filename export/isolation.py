"""Runs a function in a new process, isolated from this one."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any


class CrashError(ValueError):
    """Native code that crashed its process."""


def call(function: Callable, *arguments) -> Any:
    """Returns or raises what `function(*arguments)` does in a new process.

    The new process shares nothing that this process has loaded, cached or allocated, and leaves
    nothing behind. Output of native code on stderr is dropped.

    Args:
      function: at the top level of a module.
      *arguments: picklable, like the result.

    Raises:
      CrashError: the process ended without a result.
    """
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned, initializer=_mute) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            called = f"{function.__name__}({', '.join(map(str, arguments))})"
            raise CrashError(
                f"Expected models that LiteRT can run. Received: one that crashed {called}."
            ) from None


def _mute() -> None:
    """Drops stderr, where LiteRT reports missing hardware; exceptions are returned another way."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
