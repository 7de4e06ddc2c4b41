"""How every main ends: with a complete result, one clear line, or the traceback of a bug."""

import errno
import functools
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from absl import app, flags, logging

from dfnet_tf.program import interruption

# Set before TensorFlow is imported: its log lines would hide the program's own messages.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

INTERRUPTED = 130  # 128 + SIGINT, as in shells.
FULL = (errno.ENOSPC, errno.EDQUOT)


def run(main: Callable[[], None], first: str | None = None) -> None:
    """Parses the flags, runs `main()` and exits.

    With `first`, the first argument may be the value of that flag: `drive.mp4` for
    `--input=drive.mp4`.

    The status is 0 after a complete result, and after --help or -h. Errors that the user can fix
    (wrong flags, OSError, and ValueError for bad input) become one line on stderr and status 1;
    --verbosity=1 adds their traceback. Ctrl-C gives status 130, SIGTERM 143. Any other exception is
    a bug and keeps its traceback.
    """
    parse = functools.partial(_parse, first=first)
    app.run(lambda argv: _status_of(main, argv), flags_parser=parse)


def load_tensorflow() -> None:
    """Imports TensorFlow without the messages of its start; --verbosity shows them.

    TensorFlow writes them before its log level counts, so the file descriptor is closed to them.
    Call it after all checks that do not need TensorFlow, which takes seconds.
    """
    if flags.FLAGS["verbosity"].present:
        return
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()  # Looks for GPUs, and says so where there are none.
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def _parse(argv: list[str], first: str | None = None) -> list[str]:
    """Parses the flags; returns the remaining arguments of `argv`."""
    argv = ["--help" if argument == "-h" else argument for argument in argv]
    if first and len(argv) > 1 and not argv[1].startswith("-"):
        argv[1] = f"--{first}={argv[1]}"
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(_end(1, f"{_plain(error)} --help lists the flags."))
    except SystemExit:  # absl exits with status 1 after printing the help.
        sys.exit(0)


def _plain(error: flags.Error) -> str:
    """absl's message, or a shorter one for a missing required flag."""
    message = str(error).rstrip(".")
    missing = re.match(r"flag --(\w+)=None: Flag --\1 must have a value other than None", message)
    return f"Expected --{missing[1]}. Received: none." if missing else f"{message}."


def _status_of(main: Callable[[], None], argv: list[str]) -> int:
    if not flags.FLAGS["verbosity"].present:  # absl's default shows the messages of all libraries.
        logging.set_verbosity(logging.WARNING)
    _expand_homes()
    try:
        if len(argv) > 1:
            raise app.UsageError(f"Expected only flags. Received: {' '.join(argv[1:])}.")
        with interruption.raised():
            main()
    except (OSError, ValueError, app.UsageError) as error:
        logging.debug("Raised here:", exc_info=True)
        return _end(1, _told(error))
    except interruption.Interrupted as end:
        return _end(end.status, str(end))
    except KeyboardInterrupt:
        return _end(INTERRUPTED, "interrupted.")
    return 0


def _expand_homes() -> None:
    """Expands `~` in paths to the home folder; shells do not expand it after `=`."""
    for name in flags.FLAGS:
        flag = flags.FLAGS[name]
        if isinstance(flag.value, str):
            flag.value = os.path.expanduser(flag.value)
        elif isinstance(flag.value, list):
            flag.value = [os.path.expanduser(v) if isinstance(v, str) else v for v in flag.value]


def _told(error: Exception) -> str:
    """The message of an error; errors of the system get the form of our messages."""
    if isinstance(error, OSError) and error.filename is not None:
        expected = "expected a readable or writable file or folder"
        if error.errno in FULL:
            expected = "expected enough disk space; free some, then run the same command again"
        return f"{error.filename}: {expected}. Received: {error.strerror}."
    return str(error)


def _end(status: int, message: str) -> int:
    one_line = " ".join(message.split())
    print(f"{Path(sys.argv[0]).stem}: {one_line}", file=sys.stderr)
    return status
