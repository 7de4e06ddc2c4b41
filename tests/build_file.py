"""Reads the top-level BUILD file; its Starlark is valid Python too."""

import functools
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OF_TESTS = ("whole_project", "test_support")  # Their files belong to other targets.


@dataclass(frozen=True)
class Target:
    """A library or program: its Python files and its `deps` in BUILD."""

    rule: str
    files: tuple[str, ...]
    deps: frozenset[str]


@functools.cache
def targets() -> dict[str, Target]:
    """Every library and program by its name."""
    found = {}

    def rule(kind, name, srcs=(), deps=(), **_):
        local = frozenset(label[1:] for label in deps if label.startswith(":"))
        if name not in OF_TESTS:
            found[name] = Target(kind, tuple(srcs), local)

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


def reachable(name: str) -> set[str]:
    """The targets that `name` depends on, directly or indirectly."""
    direct = targets()[name].deps
    return direct.union(*map(reachable, direct))


def _glob(patterns: list[str], exclude: list[str] = ()) -> list[str]:
    found, left_out = (
        {path.relative_to(ROOT).as_posix() for pattern in some for path in ROOT.glob(pattern)}
        for some in (patterns, exclude)
    )
    return sorted(found - left_out)
