"""Thousands of broken files: every reader returns, or reports the error in one line."""

import contextlib
import os
import resource
import tempfile
from pathlib import Path

import hypothesis
import pytest
from readers_under_fuzz import READERS, broken

from dfnet_tf.config import ConfigError
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.film_files import VideoError
from dfnet_tf.data.sources.kitti_files import KittiError

CASES = 500  # For each reader.
OWN_ERRORS = ClipError, VideoError, KittiError, ConfigError, ValueError  # ValueError itself: scans.
MOST_MEMORY = 2**20  # Kilobytes by which the process may grow: an image of 67 megapixels.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as path:
        yield Path(path)


def test_there_are_ten_thousand_cases():
    assert CASES * len(READERS) >= 10_000


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("name", READERS)
def test_a_broken_file_is_read_or_refused_in_one_line(folder, name):
    write, file, read = READERS[name]
    write(folder)
    read(folder)  # The valid file is accepted; otherwise the test below would show nothing.
    before = peak()

    @hypothesis.settings(
        max_examples=CASES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(broken((folder / file).read_bytes()))
    def check(content):
        (folder / file).write_bytes(content)
        with contextlib.suppress(_Refused), _refusal_checked(folder, file):
            read(folder)

    check()
    assert peak() - before < MOST_MEMORY


class _Refused(Exception):
    """Checks the form of the message."""


@contextlib.contextmanager
def _refusal_checked(folder, file):
    try:
        yield
    except ValueError as error:
        said = str(error)
        assert type(error) in OWN_ERRORS, repr(error)
        assert str(folder / Path(file).parts[0]) in said, said  # The file or its clip.
        assert "xpected " in said and "Received: " in said, said
        assert len(said) < 1000, said
        raise _Refused from error
