"""Mutation testing: changes one operator or number of a module at a time and runs its tests.

python tests/mutation_run.py --per_file=10 --seed=0 dfnet_tf/losses dfnet_tf/geometry/camera.py

A mutant survives if no test fails: either no test states the property, or the change has no effect.
Each module has its own test file, tests/losses/test_ssim.py for dfnet_tf/losses/ssim.py, and the
tests in MORE_TESTS. Everything happens in a copy of the sources.

Tests run in forks of this process, which imports TensorFlow but never uses it.
"""

import argparse
import ast
import contextlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest
import tensorflow as tf  # noqa: F401

ROOT = Path(__file__).parents[1]
PACKAGES = ("geometry", "losses", "networks", "evaluation")
MORE_TESTS = {
    "losses/objective.py": ("losses/test_paper_formulas.py",),
    "networks/correlation.py": ("networks/test_tfa_oracle.py",),
    "evaluation/pose_metrics.py": ("evaluation/test_evo.py",),
}
SLOWER = 5  # Tests of a mutant may take this many times as long as with the unchanged module, ...
LEAST_SECONDS = 60.0  # ... but at least this long.


def replaced(kinds: dict[type, type]):
    """A rule: replaces operators of these kinds by others."""

    def rule(node):
        name = "ops" if isinstance(node, ast.Compare) else "op"
        found = getattr(node, name, None)
        operator = found[0] if isinstance(found, list) and len(found) == 1 else found
        if type(operator) in kinds:
            new = kinds[type(operator)]()
            yield copied(node, **{name: [new] if name == "ops" else new})

    return rule


def copied(node, **changes):
    return type(node)(**{**dict(ast.iter_fields(node)), **changes})


def numbers(node):
    """Changes a number: the next integer; twice the float."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield ast.Constant(2 * node.value if node.value else 1.0)


def dropped(node):
    """Removes an operation: -x, not x, stop_gradient(x), maximum(x, floor), ..."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand
    if called(node) in ("stop_gradient", "abs", "square", "clip", "logical_not"):
        yield node.args[0]
    if called(node) in ("maximum", "minimum"):
        yield from node.args


def exchanged(node):
    """Exchanges the two arguments of a call, or the two branches of `a if condition else b`."""
    alike = called(node) in ("maximum", "minimum", "max", "min", "logical_and", "logical_or")
    # A shape or number in place of an array would always fail, and show nothing.
    unlike = called(node) and any(isinstance(a, ast.Tuple | ast.Constant) for a in node.args)
    if called(node) and len(node.args) == 2 and not (alike or unlike):
        yield copied(node, args=node.args[::-1])
    if called(node) == "where" and len(node.args) == 3:
        yield copied(node, args=[node.args[i] for i in (0, 2, 1)])
    if isinstance(node, ast.IfExp):
        yield copied(node, body=node.orelse, orelse=node.body)


def renamed(node):
    """Replaces a function by its opposite."""
    opposites = {"maximum": "minimum", "logical_and": "logical_or", "sin": "cos", "max": "min"}
    opposites |= {new: old for old, new in opposites.items()}
    if called(node) in opposites and isinstance(node.func, ast.Attribute):
        yield copied(node, func=copied(node.func, attr=opposites[called(node)]))


def called(node) -> str | None:
    """The last name of the function that `node` calls."""
    if not isinstance(node, ast.Call):
        return None
    return getattr(node.func, "attr", getattr(node.func, "id", None))


RULES = (
    replaced({ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}),
    replaced({ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And}),
    replaced({ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}),
    replaced({ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}),
    numbers,
    dropped,
    exchanged,
    renamed,
)


@dataclass(frozen=True)
class Mutant:
    """A module's source with one expression changed."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self):
        return f"line {self.line}: {self.before}  ->  {self.after}"


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module by the rules."""
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:i])) for i in range(len(lines))]
    for node in expressions(ast.parse(source)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        for new in (new for rule in RULES for new in rule(node)):
            after = ast.unparse(new)
            text = source.encode()
            changed = text[:begin] + f"({after})".encode() + text[end:]
            yield Mutant(node.lineno, ast.unparse(node), after, changed.decode())


def expressions(node) -> Iterator[ast.expr]:
    """All expressions except error messages, types, and f-strings, whose positions are wrong."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    if isinstance(node, ast.expr):
        yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from expressions(child)


def tests_of(module: Path) -> list[str]:
    package, name = module.parts[-2:]
    others = MORE_TESTS.get(f"{package}/{name}", ())
    return [f"tests/{file}" for file in (f"{package}/test_{name}", *others)]


class Copy:
    """A copy of the project's sources, for changing and testing."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("dfnet_tf", "tests"):
            leave = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=leave)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def passes(self, tests: list[str], seconds: float | None = None) -> bool:
        """True if these tests pass within so many seconds."""
        process = multiprocessing.get_context("fork").Process(target=self._test, args=(tests,))
        process.start()
        process.join(seconds)
        if process.is_alive():
            process.kill()
            process.join()
        return process.exitcode == 0

    def _test(self, tests: list[str]) -> None:
        os.chdir(self.folder)
        sys.path[0] = str(self.folder)
        sys.dont_write_bytecode = True  # Mutants of equal time and size would share bytecode.
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
            sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))

    def survivors(self, module: Path, tests: list[str], chosen: list[Mutant]) -> list[Mutant]:
        """The mutants of a module with which its tests pass.

        Raises:
          ValueError: the tests fail with the unchanged module.
        """
        begun = time.monotonic()
        if not self.passes(tests):
            raise ValueError(f"Expected tests that pass: {' '.join(tests)}. Received: a failure.")
        seconds = max(LEAST_SECONDS, SLOWER * (time.monotonic() - begun))
        found = []
        for mutant in chosen:
            (self.folder / module).write_text(mutant.source)
            if self.passes(tests, seconds):
                found.append(mutant)
        shutil.copy(ROOT / module, self.folder / module)
        return found


def modules_under(names: list[str]) -> list[Path]:
    """The modules in folders, or files, as paths relative to the project's root."""
    paths = [ROOT / name for name in names]
    files = [file for path in paths for file in (path.rglob("*.py") if path.is_dir() else [path])]
    return sorted(file.relative_to(ROOT) for file in files if file.name != "__init__.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per_file", type=int, default=10, help="mutants of each module, at most")
    parser.add_argument("--seed", type=int, default=0, help="of their choice")
    packages = [f"dfnet_tf/{package}" for package in PACKAGES]
    parser.add_argument("modules", nargs="*", default=packages, help="folders or files")
    options = parser.parse_args()
    killed = total = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder) / "copy")
        for module in modules_under(options.modules):
            every = list(mutants((ROOT / module).read_text()))
            draw = random.Random(f"{options.seed} {module}")
            chosen = draw.sample(every, min(options.per_file, len(every)))
            survived = copy.survivors(module, tests_of(module), chosen)
            killed, total = killed + len(chosen) - len(survived), total + len(chosen)
            print(f"{module}: killed {len(chosen) - len(survived)} of {len(chosen)}", flush=True)
            for mutant in survived:
                print(f"  {mutant}", flush=True)
    print(f"Killed {killed} of {total}.")


if __name__ == "__main__":
    main()
