"""The command `dfnet`, also called `python -m dfnet_tf`."""

import functools

import pytest
from main_endings import assert_misused

FLAG_OF = {
    "run": "minutes",
    "prepare": "source",
    "train": "init_from",
    "evaluate": "task",
    "predict": "point_clouds",
    "export": "quantization",
    "benchmark": "threads",
    "check_gpu": "clip",
    "publish": "run_dir",
    "doctor": "run_dir",
    "demo": "epochs",
}


@pytest.fixture
def dfnet(run_main):
    return functools.partial(run_main, "dfnet_tf")


def test_help_explains_every_command_in_one_line(dfnet):
    status, out, err = dfnet("--help")
    assert (status, err) == (0, "")
    usage, *lines = out.splitlines()
    assert "dfnet COMMAND" in usage
    assert [line.split()[0] for line in lines] == list(FLAG_OF)
    assert all(line.endswith(".") and len(line) <= 110 for line in lines)


@pytest.mark.parametrize("command", FLAG_OF)
def test_a_command_gets_the_other_arguments(dfnet, command):
    status, out, err = dfnet(command, "--help")
    assert status == 0, err
    assert f"--{FLAG_OF[command]}:" in out


def test_a_command_ends_as_its_main_does(dfnet):
    assert_misused(dfnet("publish", "--output=there"), "Expected --run_dir. Received: none.")


@pytest.mark.parametrize("arguments", [[], ["predikt"], ["--run_dir=x"]])
def test_an_unknown_command_is_refused_with_the_known_ones(dfnet, arguments):
    status, out, _ = dfnet(*arguments)
    assert out == ""
    assert status.count("\n") == 0 and status.startswith("dfnet: Expected a command: ")
    assert ", predict, " in status
    assert f"Received: {arguments[0] if arguments else 'none'}." in status
