"""Thousands of broken files: every reader returns, or reports the error in one line."""

import contextlib
import os
import resource
import tempfile
from pathlib import Path

import hypothesis
import pytest
from readers_under_fuzz import CORPUS, READERS, Refused, broken, parsed, refusal_checked

CASES = 500  # For each reader.
MOST_MEMORY = 2**20  # Kilobytes by which the process may grow: an image of 67 megapixels.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def of_every_reader(test):
    """Runs a test for each reader; warnings are errors."""
    for category in ("UserWarning", "RuntimeWarning"):
        test = pytest.mark.filterwarnings(f"error::{category}")(test)
    return pytest.mark.parametrize("name", READERS)(test)


def read_or_refused(folder, file, read, content):
    """Raises AssertionError if a reader neither returns nor refuses the content properly."""
    (folder / file).write_bytes(content)
    with contextlib.suppress(Refused), refusal_checked(folder, file):
        read(folder)


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as path:
        yield Path(path)


def test_there_are_ten_thousand_cases():
    assert CASES * len(READERS) >= 10_000


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@of_every_reader
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
        read_or_refused(folder, file, read, content)

    check()
    assert peak() - before < MOST_MEMORY


@of_every_reader
def test_what_fuzzing_found_is_read_or_refused_in_one_line(folder, name):
    write, file, read = READERS[name]
    write(folder)
    for number, content in filter(None, (parsed(path.read_bytes()) for path in CORPUS.iterdir())):
        if number == list(READERS).index(name):
            read_or_refused(folder, file, read, content)


def test_the_kept_corpus_is_small_and_each_file_is_of_a_reader():
    kept = [path.read_bytes() for path in CORPUS.iterdir()]
    assert len(kept) > 100 and all(map(parsed, kept))
    assert sum(map(len, kept)) < 200_000
