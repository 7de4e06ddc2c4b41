"""Commands: written as a user would type them, and told apart from their advice."""

import shlex
import sys

import pytest

from dfnet_tf.program import commands


def test_flags_become_words():
    words = commands.command("dfnet_tf.predict", input="a b.mp4", every=None, overwrite=True)
    assert words == [sys.executable, "-m", "dfnet_tf.predict", "--input=a b.mp4", "--overwrite"]
    assert commands.command("m", measure=False)[-1] == "--nomeasure"


def test_a_shown_command_can_be_pasted():
    words = commands.command("dfnet_tf.predict", input="it's a film.mp4", fov_degrees=60.0)
    assert shlex.split(commands.shown(words)) == ["python", *words[1:]]


def test_output_is_indented_without_the_advice(capsys):
    commands.run([sys.executable, "-c", "print('Wrote 3 clips.'); print('Next: train')"])
    assert capsys.readouterr().out == "  Wrote 3 clips.\n"


def test_a_failure_names_the_command_and_its_status():
    with pytest.raises(commands.CommandError, match="python -c .*exit status 3"):
        commands.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_an_interruption_ends_the_command_too(monkeypatch, tmp_path):
    mark = tmp_path / "ended"
    child = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        f"    pathlib.Path({str(mark)!r}).touch(); sys.exit(143)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('begun', flush=True); time.sleep(60)\n"
    )

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.print", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commands.run([sys.executable, "-c", child])
    assert mark.exists()
