"""Reads the top-level BUILD file; its Starlark is valid Python too."""

import functools
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OF_TESTS = ("whole_project", "test_support")  # Their files belong to other targets.


@dataclass(frozen=True)
class Target:
    """A library or program: its Python files, and the targets and packages in its `deps`."""

    rule: str
    files: tuple[str, ...]
    deps: frozenset[str]
    packages: frozenset[str]  # Of the lock file, in Bazel's spelling: opencv_python_headless.


def targets() -> dict[str, Target]:
    """Every library and program of the project by its name; not those of its tests."""
    return {name: target for name, target in _all_targets().items() if name not in OF_TESTS}


def reachable(name: str) -> set[str]:
    """The targets that `name` depends on, directly or indirectly."""
    direct = _all_targets()[name].deps
    return direct.union(*map(reachable, direct))


def packages(name: str) -> set[str]:
    """The packages of the lock file that `name` depends on, directly or indirectly."""
    return set().union(*(_all_targets()[one].packages for one in {name, *reachable(name)}))


@functools.cache
def _all_targets() -> dict[str, Target]:
    found = {}

    def rule(kind, name, srcs=(), deps=(), **_):
        local, packages = (
            frozenset(label.removeprefix(root) for label in deps if label.startswith(root))
            for root in (":", "@pypi//")
        )
        found[name] = Target(kind, tuple(srcs), local, packages)

    def nothing(*_, **__):
        pass

    statements = {
        "py_library": functools.partial(rule, "py_library"),
        "py_binary": functools.partial(rule, "py_binary"),
        **dict.fromkeys(("load", "package", "exports_files", "py_test"), nothing),
        "glob": _glob,
    }
    exec((ROOT / "BUILD").read_text(), statements)
    return found


def _glob(patterns: list[str], exclude: list[str] = ()) -> list[str]:
    found, left_out = (
        {path.relative_to(ROOT).as_posix() for pattern in some for path in ROOT.glob(pattern)}
        for some in (patterns, exclude)
    )
    return sorted(found - left_out)
