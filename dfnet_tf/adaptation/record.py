"""The finished parts of `run` and their results, in run.json: the same command continues."""

import json
from pathlib import Path

from dfnet_tf.program import outputs

FILE = "run.json"


class Record:
    """Results of parts by name; each is written when its part is finished.

    Args:
      folder: of the output; created if it does not exist.
      settings: everything that the results depend on, ready for JSON.

    Raises:
      OutputError: the folder holds the results of other settings, or other files.
    """

    def __init__(self, folder: Path, settings: dict):
        self.path, self.settings = folder / FILE, settings
        self.results = {}
        if self.path.exists():
            before = json.loads(self.path.read_text())
            if changed := dict(before["settings"].items() ^ settings.items()):
                raise outputs.OutputError(
                    f"{folder}: expected the flags with which it was begun, or another --output. "
                    f"Received: another {', '.join(sorted(changed))}."
                )
            self.results = before["results"]
        elif folder.exists() and any(folder.iterdir()):
            raise outputs.OutputError(
                f"{folder}: expected a new folder, or one that this command began. Received: a "
                "folder with other files."
            )
        self._write()

    def __contains__(self, part: str) -> bool:
        return part in self.results

    def __getitem__(self, part: str) -> dict:
        return self.results[part]

    def add(self, part: str, result: dict) -> None:
        """Writes the result of a finished part."""
        self.results[part] = result
        self._write()

    def _write(self) -> None:
        text = json.dumps({"settings": self.settings, "results": self.results}, indent=1)
        with outputs.whole_file(self.path) as new:
            new.write_text(text + "\n")
