"""Analyses BUILD with a Bazel that has no network, and runs tests under it: `make bazel-check`.

    tests/bazel_offline.py [TARGET...]    tests to run, as //:tests_geometry_test_camera

Bazel 8 and 9 fetch rules_python and the packages of the lock file. Here stand-ins take their place,
and tests import the packages of the Python that runs this file. A WORKSPACE names the stand-ins, so
that this needs Bazel 7 or older: Debian's bazel-bootstrap. Every glob must match a file, as in
Bazel 8.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from build_file import ROOT


def _native(prefix: str, *kinds: str) -> str:
    return "".join(f"{prefix}_{kind} = native.{prefix}_{kind}\n" for kind in kinds)


def _public(rule: str, name: str) -> str:
    return f'{rule}(name = "{name}", visibility = ["//visibility:public"])\n'


RULES = ("binary", "library", "test")
STAND_INS = {  # Path and text of each file. Bazel itself asks for those that are not of Python.
    "rules_python/python/BUILD": "",
    "rules_python/python/defs.bzl": _native("py", *RULES),
    "rules_cc/cc/BUILD": _public("toolchain_type", "toolchain_type"),
    "rules_cc/cc/defs.bzl": _native("cc", *RULES, "import", "toolchain", "toolchain_suite"),
    "rules_java/java/BUILD": "",
    "rules_java/java/defs.bzl": _native("java", *RULES, "import", "runtime", "toolchain"),
    "remote_coverage_tools/BUILD": _public("filegroup", "coverage_report_generator"),
    "remote_coverage_tools/tools/BUILD": _public("filegroup", "lcov_merger"),
}


def main(targets: list[str]) -> int:
    bazel = shutil.which("bazel")
    if not bazel:
        print("bazel-check SKIPPED: expected Bazel. On Debian: apt install bazel-bootstrap")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        tree, stand_ins = Path(folder) / "tree", Path(folder) / "stand_ins"
        copy_tree(tree)
        repositories = write_stand_ins(stand_ins)
        (tree / "WORKSPACE").write_text(
            "".join(
                f'local_repository(name = "{name}", path = "{stand_ins / name}")\n'
                for name in repositories
            )
        )
        start = [bazel, f"--output_user_root={folder}/output"]
        options = ["--incompatible_disallow_empty_glob", "--color=no", "--show_progress=0"]
        environment = f"PATH={Path(sys.executable).parent}:/usr/bin:/bin"
        options += [f"--action_env={environment}", f"--test_env={environment}"]
        commands = [["build", "--nobuild", *options, "//..."]]
        if targets:
            commands += [["test", "--test_output=errors", *options, *targets]]
        try:
            return max(subprocess.run([*start, *one], cwd=tree).returncode for one in commands)
        finally:
            subprocess.run([*start, "shutdown"], cwd=tree)


def copy_tree(folder: Path) -> None:
    """The project's files, without .bazelversion, which asks for a Bazel that is not here."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listed.rstrip("\0").split("\0"):
        if name != ".bazelversion" and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def write_stand_ins(folder: Path) -> set[str]:
    """Repositories that hold no code; returns their names."""
    packages = set(re.findall(r"@pypi//(\w+)", (ROOT / "BUILD").read_text()))
    files = STAND_INS | {f"pypi/{name}/BUILD": _public("py_library", name) for name in packages}
    repositories = {file.partition("/")[0] for file in files}
    for file, text in (files | {f"{name}/WORKSPACE": "" for name in repositories}).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return repositories


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
