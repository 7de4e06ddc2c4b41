"""JSON lists in a run folder. Every change rewrites the whole file."""

import json
import pathlib

from dfnet_tf.program import outputs
from dfnet_tf.training.checkpoints import RunError


def read(path: pathlib.Path) -> list[dict]:
    """Reads a list; [] if there is no file. Raises RunError if the file is not JSON."""
    if not path.exists():
        return []
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise RunError(
            f"{path}: expected a file written by this program. Received: {error}."
        ) from error


def write(path: pathlib.Path, entries: list[dict]) -> None:
    """Writes or replaces the file."""
    with outputs.whole_file(path) as new:
        new.write_text(json.dumps(entries, indent=1) + "\n")
