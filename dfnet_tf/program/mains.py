"""How every main ends: a whole result, one clear line, or the traceback of a bug."""

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

from absl import app, flags, logging

from dfnet_tf.program import interruption

# Before TensorFlow is imported: its notes on the CPU would bury the one line that matters.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

INTERRUPTED = 130  # 128 + SIGINT, as shells report it.
FULL = (errno.ENOSPC, errno.EDQUOT)


def run(main: Callable[[], None]) -> None:
    """Parses the flags, runs `main()` and exits.

    Status 0 after a whole result, and after --help or -h. Errors that the user can mend (wrong
    flags; OSError; ValueError, as raised for bad input) become one line on stderr and status 1,
    with their traceback under --verbosity=1. Ctrl-C ends with status 130, SIGTERM with 143.
    Anything else is a bug and keeps its traceback.
    """
    app.run(lambda argv: _status_of(main, argv), flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    """Sets the flags; returns what is left of `argv`."""
    argv = ["--help" if argument == "-h" else argument for argument in argv]
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(_end(1, f"{_plain(error)} --help lists the flags."))
    except SystemExit:  # After the help that was asked for, absl exits with status 1.
        sys.exit(0)


def _plain(error: flags.Error) -> str:
    """absl's message; for a required flag that is missing, a shorter one."""
    message = str(error).rstrip(".")
    missing = re.match(r"flag --(\w+)=None: Flag --\1 must have a value other than None", message)
    return f"Expected --{missing[1]}. Received: none." if missing else f"{message}."


def _status_of(main: Callable[[], None], argv: list[str]) -> int:
    if not flags.FLAGS["verbosity"].present:  # absl's own would let every library talk.
        logging.set_verbosity(logging.WARNING)
    _expand_homes()
    try:
        if len(argv) > 1:
            raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
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
    """Puts the home folder in place of `~` in paths: shells leave it alone behind `=`."""
    for name in flags.FLAGS:
        flag = flags.FLAGS[name]
        if isinstance(flag.value, str):
            flag.value = os.path.expanduser(flag.value)
        elif isinstance(flag.value, list):
            flag.value = [os.path.expanduser(v) if isinstance(v, str) else v for v in flag.value]


def _told(error: Exception) -> str:
    """The message of an error; the system's own are brought into the form of ours."""
    if isinstance(error, OSError) and error.filename is not None:
        expected = "expected a file or a folder that can be read, or written"
        if error.errno in FULL:
            expected = "expected space for it; make some, then give the same command again"
        return f"{error.filename}: {expected}. Received: {error.strerror}."
    return str(error)


def _end(status: int, message: str) -> int:
    one_line = " ".join(message.split())
    print(f"{Path(sys.argv[0]).stem}: {one_line}", file=sys.stderr)
    return status
