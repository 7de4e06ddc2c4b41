"""A process of its own for what must not touch this one, or be touched by it."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any


class CrashError(ValueError):
    """Native code that brought its process down."""


def call(function: Callable, *arguments) -> Any:
    """What `function(*arguments)` returns or raises, in a new process.

    Nothing that this process has loaded, cached or allocated is there, and nothing that the
    function leaves behind stays. What native code says on stderr is dropped.

    Args:
      function: of the top level of a module.
      *arguments: like the result, of types that pickle knows.

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
    """Exceptions reach the caller by another way; LiteRT tells here what hardware it lacks."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
