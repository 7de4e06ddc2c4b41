"""The command `dfnet`, which runs the program's mains; without an installation: python -m dfnet_tf.

dfnet predict --run_dir=mobile --input=drive.mp4 --fov_degrees=60 --output=out

is the same as python -m dfnet_tf.predict with these flags.
"""

import ast
import importlib.metadata
import importlib.util
import runpy
import sys
from pathlib import Path

from dfnet_tf.program.locations import EXPORT

COMMANDS = {
    "run": "dfnet_tf.run",
    "prepare": "dfnet_tf.prepare",
    "train": "dfnet_tf.train",
    "evaluate": "dfnet_tf.evaluate",
    "predict": "dfnet_tf.predict",
    "export": f"{EXPORT}.export_tflite",
    "benchmark": f"{EXPORT}.benchmark",
    "check_gpu": f"{EXPORT}.check_gpu",
    "publish": "dfnet_tf.publish",
    "doctor": "dfnet_tf.doctor",
    "demo": "dfnet_tf.demo",
}
USAGE = "Usage: dfnet COMMAND --flag=value ...; dfnet COMMAND --help lists a command's flags."


def main() -> None:
    """Runs the command that the first argument names, with the others as its arguments."""
    command, *arguments = sys.argv[1:] or ["none"]
    if command in ("--help", "-h", "help"):
        print(USAGE, *map(_line, COMMANDS), sep="\n")
    elif command == "--version":
        print(_version())
    elif command in COMMANDS:
        sys.argv = [f"dfnet {command}", *arguments]
        runpy.run_module(COMMANDS[command], run_name="__main__", alter_sys=True)
    else:
        expected = f"Expected a command: {', '.join(COMMANDS)}"
        sys.exit(f"dfnet: {expected}. Received: {command}. dfnet --help explains them.")


def _line(command: str) -> str:
    """The command and the first line of its module's docstring, without importing the module."""
    found = importlib.util.find_spec(COMMANDS[command])
    assert found and found.origin  # A test holds that each exists.
    docstring = ast.get_docstring(ast.parse(Path(found.origin).read_text()))
    assert docstring
    return f"  {command:10} {docstring.splitlines()[0]}"


def _version() -> str:
    try:
        return importlib.metadata.version("dfnet-tf")
    except importlib.metadata.PackageNotFoundError:
        return "not installed: a source tree"


if __name__ == "__main__":
    main()
    sys.exit()
