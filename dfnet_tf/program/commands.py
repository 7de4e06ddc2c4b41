"""Runs the project's own commands, one after another, as a user would type them."""

import os
import shlex
import subprocess
import sys


class CommandError(ValueError):
    """A command that did not end with a complete result."""


def command(module: str, **flags) -> list[str]:
    """`python -m module` with flags. None leaves a flag out; True is --flag, False --noflag."""
    words = [sys.executable, "-m", module]
    for name, value in flags.items():
        if isinstance(value, bool):
            words.append(f"--{name}" if value else f"--no{name}")
        elif value is not None:
            words.append(f"--{name}={value}")
    return words


def shown(words: list[str]) -> str:
    """A command as text that can be pasted into a shell."""
    return shlex.join(["python", *words[1:]])


def run(words: list[str]) -> None:
    """Runs a command and prints its output indented, without its advice on the next command.

    Raises:
      CommandError: the command failed; its own message is on stderr.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            for line in process.stdout:
                if not line.startswith("Next:"):
                    print(f"  {line}", end="", flush=True)
        except BaseException:
            process.terminate()  # Leaving the block waits for it: it removes unfinished files.
            raise
    if process.returncode:
        raise CommandError(
            f"Expected the command to finish: {shown(words)}. Received: exit status "
            f"{process.returncode}; see above. The same command continues from here."
        )
