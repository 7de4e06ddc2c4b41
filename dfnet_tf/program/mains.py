"""How every main ends: with a complete result, one clear line, or the traceback of a bug."""

import errno
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


def run(main: Callable[[], None]) -> None:
    """Parses the flags, runs `main()` and exits.

    The status is 0 after a complete result, and after --help or -h. Errors that the user can fix
    (wrong flags, OSError, and ValueError for bad input) become one line on stderr and status 1;
    --verbosity=1 adds their traceback. Ctrl-C gives status 130, SIGTERM 143. Any other exception is
    a bug and keeps its traceback.
    """
    app.run(lambda argv: _status_of(main, argv), flags_parser=_parse)


def _parse(argv: list[str]) -> list[str]:
    """Parses the flags; returns the remaining arguments of `argv`."""
    argv = ["--help" if argument == "-h" else argument for argument in argv]
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
