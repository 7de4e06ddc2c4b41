"""run.json: what is finished is found again; other settings and other folders are refused."""

import pytest

from dfnet_tf.adaptation.record import Record
from dfnet_tf.program.outputs import OutputError

SETTINGS = {"input": "/films/drive.mp4", "minutes": 15.0}


def test_finished_parts_are_found_again(tmp_path):
    record = Record(tmp_path / "drive", SETTINGS)
    assert "look" not in record
    record.add("look", {"parallax": 2.5})
    again = Record(tmp_path / "drive", SETTINGS)
    assert "look" in again and again["look"] == {"parallax": 2.5}


def test_a_run_stopped_in_its_first_part_continues(tmp_path):
    folder = tmp_path / "drive"
    Record(folder, SETTINGS)
    (folder / "clips").mkdir()
    Record(folder, SETTINGS)


def test_other_settings_are_refused_and_named(tmp_path):
    Record(tmp_path / "drive", SETTINGS).add("look", {})
    with pytest.raises(OutputError, match="another minutes"):
        Record(tmp_path / "drive", {**SETTINGS, "minutes": 30.0})


def test_a_flag_that_was_left_out_before_is_another_setting(tmp_path):
    Record(tmp_path / "drive", SETTINGS)
    with pytest.raises(OutputError, match="another fov_degrees"):
        Record(tmp_path / "drive", {**SETTINGS, "fov_degrees": 60.0})


def test_a_flag_that_is_left_out_now_is_another_setting(tmp_path):
    Record(tmp_path / "drive", {**SETTINGS, "fov_degrees": 60.0})
    with pytest.raises(OutputError, match="another fov_degrees"):
        Record(tmp_path / "drive", SETTINGS)


def test_a_folder_of_the_user_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="other files"):
        Record(tmp_path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
