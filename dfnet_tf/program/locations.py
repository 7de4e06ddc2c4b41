"""What lies beside dfnet_tf in the source tree, and inside dfnet_tf where it is installed."""

import importlib.util
import os
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_HOME = _PACKAGE if (_PACKAGE / "pretrained").is_dir() else _PACKAGE.parent
EXPORT = "dfnet_tf.export" if importlib.util.find_spec("dfnet_tf.export") else "export"


def run_folder(run: str | os.PathLike[str]) -> Path:
    """The folder of a run: `run` itself, or the published networks of that name.

    `mobile` and `pretrained/mobile` name the networks that come with the program, whatever the
    working directory. A run of the user at that path comes first.
    """
    given = Path(run)
    candidates = (given, _HOME / given, _HOME / "pretrained" / given)
    return next((one for one in candidates if (one / "config.json").is_file()), given)
