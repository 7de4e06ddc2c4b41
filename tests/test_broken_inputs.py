"""Broken inputs of every kind: one line that names the file, status 1, and no output."""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import whole_inputs
from broken_inputs import CASES, COMMANDS
from main_endings import assert_misused
from spoiling import is_folder, nothing

from dfnet_tf.data.clips import read_clips

pytestmark = pytest.mark.usefixtures("networks_built_once")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    whole_inputs.write_all(root)
    return root


@pytest.fixture
def attempt(run_main, whole, tmp_path, monkeypatch):
    """Runs a command on copies of its inputs, which `spoil` breaks, in an empty folder.

    Returns the ending, and whether the folder was unchanged.
    """

    def run(command, source, spoil=nothing):
        line = COMMANDS[command].format(run=whole / "run") + source
        program, *arguments = shlex.split(line)
        for name in {argument.rpartition("=")[2].partition("/")[0] for argument in arguments}:
            if name and (whole / name).is_dir():
                shutil.copytree(whole / name, tmp_path / name)
            elif name and (whole / name).is_file():
                shutil.copyfile(whole / name, tmp_path / name)
        monkeypatch.chdir(tmp_path)
        spoil()
        before = contents()
        return run_main(f"dfnet_tf.{program}", *arguments), contents() == before

    return run


def contents():
    """Every path below the working folder, and its size."""
    return {path: os.lstat(path).st_size for path in Path().rglob("*")}


@pytest.mark.filterwarnings("error::UserWarning")  # On stderr it would be an additional line.
@pytest.mark.parametrize(
    ("command", "source", "spoil", "expected"),
    [
        pytest.param(command, *case, id=f"{command} {name}")
        for command, cases in CASES.items()
        for name, case in cases.items()
    ],
)
def test_one_line_says_what_is_broken(attempt, capfd, command, source, spoil, expected):
    (status, _, err), nothing_new = attempt(command, source, spoil)
    err = re.sub("MISSING: .*\n", "", err)  # The part of a benchmark that is missing.
    assert err.startswith(COMMANDS[command].partition(" ")[0] + ": ")
    assert re.search(".*".join(map(re.escape, expected.split(" ... "))), err), err
    assert "xpected " in err and "Received: " in err
    assert (status, err.count("\n"), nothing_new) == (1, 1, True), err
    # OpenCV reports libpng's errors by failing; libpng's own messages cannot be switched off.
    assert not re.sub("libpng error: .*\n", "", capfd.readouterr().err)


@pytest.mark.parametrize("degrees", [0, -60, 180, 1000])
def test_no_camera_sees_so_much_or_so_little(attempt, degrees):
    end, nothing_new = attempt("prepare a video", f"film.mp4 --fov_degrees={degrees}")
    assert_misused(end, f"--fov_degrees={degrees}", "[1.0, 179.0]")
    assert nothing_new


def test_a_read_only_folder_is_refused_before_the_work(attempt):
    def read_only():
        is_folder("archive")()
        Path("archive").chmod(0o500)
        if os.access("archive", os.W_OK):
            pytest.skip("This user may write everywhere.")

    (status, _, err), nothing_new = attempt("predict", "clip --output=archive/out", read_only)
    assert (status, nothing_new) == (1, True)
    assert "archive/out: expected a path below a writable folder." in err


def test_a_librarys_notes_are_not_shown():
    program = (
        "from dfnet_tf.program import mains; import logging; mains.run(lambda: logging.info('hm'))"
    )
    python = [sys.executable, "-c", program]
    for flags, line in (([], ""), (["--verbosity=0"], "hm")):
        ran = subprocess.run([*python, *flags], cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0
        assert ran.stderr.rstrip().endswith(line) and bool(ran.stderr) == bool(line)


# Inputs that look odd but work.


def prepared(attempt, command, source, spoil=nothing):
    """The clips that a command makes, in `out`."""
    (status, _, err), _ = attempt(command, source, spoil)
    assert status == 0, err
    return read_clips("out")


@pytest.mark.parametrize("name", ["spaß & 'co' 100%.mp4", "-v.mp4", "a:b?.mp4", "no ending"])
def test_files_may_have_any_name(attempt, whole, name):
    named = functools.partial(shutil.copyfile, whole / "film.mp4", name)
    (clip,) = prepared(attempt, "prepare a video", shlex.quote(name), named)
    assert len(clip) == whole_inputs.NUM_FRAMES


def test_lists_may_be_in_any_order(attempt):
    def upside_down():
        for path in Path("freiburg1_desk").glob("*.txt"):
            path.write_text("\n".join(reversed(path.read_text().splitlines())))

    command = "prepare TUM", "freiburg1_desk"
    (clip,) = prepared(attempt, *command, upside_down)
    poses = clip.poses()
    shutil.rmtree("out")
    shutil.rmtree("freiburg1_desk")
    (orderly,) = prepared(attempt, *command)
    np.testing.assert_array_equal(poses, orderly.poses())


def test_poses_of_another_hour_match_no_image(attempt):
    def an_hour_later():
        path = Path("freiburg1_desk/groundtruth.txt")
        path.write_text(path.read_text().replace("\n13050", "\n13086"))

    (clip,) = prepared(attempt, "prepare TUM", "freiburg1_desk", an_hour_later)
    assert len(clip) == 3
    assert clip.poses() is None


def test_a_link_to_its_own_folder_is_not_followed(attempt):
    def linked():
        Path("clip/images/all").symlink_to(".")

    (clip,) = prepared(attempt, "prepare images", "clip/images", linked)
    assert len(clip) == whole_inputs.NUM_FRAMES
