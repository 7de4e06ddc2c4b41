"""pyproject.toml names everything that the wheel needs, and the lock fits the requirements."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]
PYTHONS = ("3.11", "3.12", "3.13")


def folder_of(package):
    return ROOT / SETUPTOOLS["package-dir"].get(package, package.replace(".", "/"))


def files(*patterns):
    tops = ("dfnet_tf", "export", "pretrained")
    return {path for top in tops for one in patterns for path in (ROOT / top).rglob(one)}


def test_the_wheel_holds_every_package():
    folders = {path.parent for path in files("*.py")} | {ROOT / "pretrained"}
    assert {folder_of(package) for package in SETUPTOOLS["packages"]} == folders


def test_the_wheel_holds_every_data_file():
    held = {
        path
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for path in folder_of(package).glob(pattern)
    }
    missing = files("*.txt", "*.json", "*.h5", "py.typed", "README.md") - held
    assert missing == {ROOT / "export/README.md"}


def requirements(name):
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line.partition(" #")[0]) for line in lines if not line.startswith("#")]


def locked(python):
    """The version of each package that the lock chooses on x86-64 Linux with this Python."""
    environment = {**default_environment(), "python_full_version": f"{python}.0"}
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements_lock.txt").read_text())
    pins = [Requirement(one.partition(" \\")[0]) for one in entries if "==" in one]
    chosen = [pin for pin in pins if not pin.marker or pin.marker.evaluate(environment)]
    assert len({pin.name for pin in chosen}) == len(chosen)
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in chosen}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_fits_the_requirements(name, python):
    chosen = locked(python)
    wrong = [one for one in requirements(name) if chosen[one.name] not in one.specifier]
    assert not wrong, "Run `make lock`."


def test_the_lock_holds_a_hash_of_every_package():
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements_lock.txt").read_text())
    assert all("--hash=sha256:" in one for one in entries if not one.startswith("#"))


def test_bazel_and_pip_know_one_version():
    (version,) = re.findall(r'module\([^)]*version = "(.*?)"', (ROOT / "MODULE.bazel").read_text())
    assert version == PROJECT["project"]["version"]


def test_the_change_log_begins_with_this_version():
    (newest, *_) = re.findall(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest == PROJECT["project"]["version"]
