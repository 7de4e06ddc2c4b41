"""Lists that a run keeps in its folder as JSON, written anew, whole, whenever they grow."""

import json
import pathlib

from dfnet_tf.program import outputs
from dfnet_tf.training.checkpoints import RunError


def read(path: pathlib.Path) -> list[dict]:
    """What `write` wrote; [] where there is no file. Raises RunError for what is no JSON."""
    if not path.exists():
        return []
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise RunError(f"{path}: expected what this program noted. Received: {error}.") from error


def write(path: pathlib.Path, entries: list[dict]) -> None:
    """Replaces the file, if there is one."""
    with outputs.whole_file(path) as new:
        new.write_text(json.dumps(entries, indent=1) + "\n")
