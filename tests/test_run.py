"""`run` with wrong flags: one line, at once, and nothing written."""

import numpy as np
import pytest
from films import moving_texture, write_film

from dfnet_tf.data.files.image_files import write_rgb


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("films") / "drive.mp4", moving_texture(4))


@pytest.fixture
def image(tmp_path):
    write_rgb(tmp_path / "a.png", np.zeros((64, 96, 3), np.uint8))
    return tmp_path / "a.png"


def refused(run_main, *flags, output):
    status, told, errors = run_main("dfnet_tf.run", *flags, f"--output={output}")
    assert status == 1 and not told and not output.exists()
    (line,) = errors.splitlines()
    assert line.startswith("run: ")
    return line


def test_two_cameras_are_refused(film, tmp_path, run_main):
    flags = film, "--fov_degrees=60", "--intrinsics=camera.txt"
    line = refused(run_main, *flags, output=tmp_path / "out")
    assert "Expected --fov_degrees or --intrinsics. Received: both." in line


def test_an_image_is_no_film(image, tmp_path, run_main):
    assert "Expected a film" in refused(run_main, image, output=tmp_path / "out")


def test_a_missing_film_is_told(tmp_path, run_main):
    missing = tmp_path / "none.mp4"
    assert "no such path" in refused(run_main, missing, output=tmp_path / "out")


def test_no_film_at_all_is_told(tmp_path, run_main):
    assert "Expected --input. Received: none." in refused(run_main, output=tmp_path / "out")


def test_networks_that_do_not_exist_are_told(film, tmp_path, run_main):
    flags = film, f"--init_from={tmp_path / 'nothing'}"
    line = refused(run_main, *flags, output=tmp_path / "out")
    assert "Expected --init_from with a run folder" in line


def test_a_second_argument_is_refused(film, tmp_path, run_main):
    assert "Expected only flags" in refused(run_main, film, film, output=tmp_path / "out")
