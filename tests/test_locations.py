"""Published networks are found by name."""

from pathlib import Path

import pytest

from dfnet_tf.program import locations

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["mobile", "pretrained/mobile"])
def test_published_networks_are_found_from_every_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locations.run_folder(name) == ROOT / "pretrained/mobile"


def test_a_run_of_the_user_comes_before_published_networks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mobile").mkdir()
    Path("mobile/config.json").touch()
    assert locations.run_folder("mobile").absolute() == tmp_path / "mobile"


def test_another_path_stays_as_it_is_so_that_messages_name_it():
    assert locations.run_folder("runs/none") == Path("runs/none")
