"""Imports follow the dependencies in BUILD."""

import ast
import functools
import graphlib
import importlib.metadata
import re
from collections import Counter
from pathlib import Path

import pytest
from build_file import ROOT, packages, reachable, targets

LARGEST_SHARE = 0.2  # Largest share of dfnet_tf's lines in one folder.
# These run on every Keras backend; the model imports TensorFlow only inside its train step.
WITHOUT_TENSORFLOW = ("clip_batch", "geometry", "networks", "losses")

TESTS = ROOT / "tests"
OWNERS = importlib.metadata.packages_distributions()
NOT_IN_THE_LOCK = {"rerun_sdk"}  # Of requirements-viewer.txt.

IMPORTED_LATE = {"root": "api"}  # By `dfnet_tf.load` when it is called; `deps` would be a circle.


def module_name(path: str) -> str:
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): ROOT / path
    for folder in ("dfnet_tf", "export", "benchmarks")
    for path in sorted(str(found.relative_to(ROOT)) for found in (ROOT / folder).rglob("*.py"))
}
TARGET_OF = {
    module_name(path): name
    for name, target in targets().items()
    for path in target.files
    if name != "root"
}
MAINS = {
    module
    for target in targets().values()
    if target.rule == "py_binary"
    for module in map(module_name, target.files)
    if "mains.run(" in FILES[module].read_text()
}


def parse(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(), FILES[module])


def is_relative(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.level > 0


def named(nodes, package: str = "") -> set[str]:
    """Full names imported by import statements among `nodes`, of a module in `package`."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(filter(None, [package * bool(node.level), node.module]))
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


@functools.cache
def imports(module: str) -> frozenset[str]:
    return frozenset(named(ast.walk(parse(module)), module.partition(".")[0]))


@functools.cache
def imported_modules(module: str) -> frozenset[str]:
    """This project's modules that `module` imports, whole or a name from them."""
    return frozenset(
        found
        for name in imports(module)
        for found in (name, name.rpartition(".")[0])
        if found in FILES and FILES[found].name != "__init__.py"
    )


def test_every_file_belongs_to_a_target():
    listed = {path for target in targets().values() for path in target.files}
    packages = {path for path in FILES.values() if path.name == "__init__.py"}
    homeless = {str(path.relative_to(ROOT)) for path in set(FILES.values()) - packages} - listed
    assert len(FILES) > 100 and not homeless, "Name these files in BUILD."


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_target_imports_from_its_deps_alone(name):
    """A library lists in `deps` each target it imports from; a program also has their deps."""
    target = targets()[name]
    allowed = {name, IMPORTED_LATE.get(name)} | (
        reachable(name) if target.rule == "py_binary" else target.deps
    )
    wrong = {
        f"{module} imports {imported}, of :{TARGET_OF[imported]}"
        for module in map(module_name, target.files)
        for imported in imported_modules(module)
        if TARGET_OF[imported] not in allowed
    }
    assert not wrong


@pytest.mark.parametrize("name", sorted(targets()))
def test_every_dependency_is_used(name):
    if targets()[name].rule == "py_binary":
        return
    used = {
        TARGET_OF[imported]
        for module in map(module_name, targets()[name].files)
        for imported in imported_modules(module)
    }
    assert targets()[name].deps <= used | {"root", "benchmarks"}


def packages_of(names: set[str]) -> set[str]:
    """The installed packages that hold the modules `names`, in Bazel's spelling."""
    tops = {name.partition(".")[0] for name in names}
    found = {owner for top in tops for owner in OWNERS.get(top, ())}
    return {re.sub(r"[-_.]+", "_", owner).lower() for owner in found} - NOT_IN_THE_LOCK


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_target_depends_on_each_package_that_it_imports(name):
    names = {found for path in targets()[name].files for found in imports(module_name(path))}
    assert packages_of(names) <= packages(name)


def test_bazel_gives_the_tests_every_library_and_package():
    libraries = {name for name, target in targets().items() if target.rule == "py_library"}
    assert libraries <= reachable("test_support")
    others = {ROOT / "tests/jax_lane", ROOT / "tests/make_tfa_golden.py"}  # Of other environments.
    files = [path for path in TESTS.rglob("*.py") if not others & {path, path.parent}]
    names = {name for path in files for name in named(ast.walk(ast.parse(path.read_text())))}
    assert {"numpy", "pytest"} <= packages_of(names) <= packages("test_support")


def test_no_modules_import_each_other_in_a_circle():
    order = graphlib.TopologicalSorter({module: imported_modules(module) for module in FILES})
    order.prepare()


def test_nobody_imports_a_main():
    assert len(MAINS) > 10
    assert not {module for module in FILES if imported_modules(module) & MAINS}


def test_flags_and_exit_codes_belong_to_mains_alone():
    of_mains = {"dfnet_tf.program.flags", "dfnet_tf.program.mains"}
    importing = {module for module in FILES if imported_modules(module) & of_mains}
    assert importing <= MAINS


@pytest.mark.parametrize("name", WITHOUT_TENSORFLOW)
def test_what_runs_on_every_backend_names_no_tensorflow(name):
    wrong = {
        module
        for module in map(module_name, targets()[name].files)
        if any(f"{found}.".startswith("tensorflow.") for found in imports(module))
    }
    assert not wrong


def test_importing_the_model_needs_no_tensorflow():
    at_its_top = named(parse("dfnet_tf.models.dfnet").body)
    assert not any(f"{name}.".startswith("tensorflow.") for name in at_its_top)


def test_only_the_export_imports_relatively():
    relative = {module for module in FILES if any(map(is_relative, ast.walk(parse(module))))}
    assert {module.partition(".")[0] for module in relative} == {"export"}


def test_nothing_in_the_wheel_names_the_export():
    """The wheel holds the folder `export` as the package `dfnet_tf.export`."""
    naming = {
        module
        for module in FILES
        for name in named(node for node in ast.walk(parse(module)) if not is_relative(node))
        if name.partition(".")[0] == "export" and not module.startswith("benchmarks")
    }
    assert not naming


def test_every_program_ends_through_mains_run():
    programs = {name: target for name, target in targets().items() if target.rule == "py_binary"}
    without = [name for name in programs if not MAINS & set(map(module_name, programs[name].files))]
    assert not without, "These report their errors in their own way."


def test_no_folder_holds_more_than_a_fifth_of_the_package():
    lines = Counter()
    for path in (ROOT / "dfnet_tf").rglob("*.py"):
        lines[path.parent] += len(path.read_text().splitlines())
    folder, most = lines.most_common(1)[0]
    assert most <= LARGEST_SHARE * lines.total(), folder
