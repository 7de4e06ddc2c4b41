"""Runs pytest on the files that Bazel names: a py_test needs a program to run."""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(["-p", "no:cacheprovider", *sys.argv[1:]]))
