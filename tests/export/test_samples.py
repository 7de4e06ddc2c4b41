"""The programs of docs/samples, for other machines than the phone."""

import shutil
import subprocess
import sys
from pathlib import Path

import ai_edge_litert
import cv2
import numpy as np
import pytest

from dfnet_tf import visualize
from export.tflite_model import TfliteModel

SAMPLES = Path(__file__).parents[2] / "docs/samples"
LIBRARY = Path(ai_edge_litert.__file__).parent
needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="There is no g++.")


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def depth_film(*arguments):
    return run(sys.executable, SAMPLES / "depth_film.py", *arguments)


@pytest.fixture
def film(tmp_path):
    """A film of five frames of a square that moves, in large blocks that the codec keeps."""
    path = tmp_path / "drive.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (192, 128))
    for i in range(5):
        frame = np.full((128, 192, 3), 40, np.uint8)
        frame[32:96, 16 * i : 16 * i + 64] = 200, 120, 60
        writer.write(frame)
    writer.release()
    return path


def frames_of(path):
    film = cv2.VideoCapture(str(path))
    frames = []
    while (frame := film.read()[1]) is not None:
        frames.append(frame[..., ::-1])
    return frames


def test_the_board_sample_colours_each_frame_of_a_film_by_its_depth(
    exported_folder, film, tmp_path
):
    model = exported_folder / "depth_int8.tflite"
    done = depth_film(model, film, tmp_path / "depth.avi")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 frames, ")
    depth_frames = frames_of(tmp_path / "depth.avi")
    assert [frame.shape for frame in depth_frames] == 5 * [(64, 96, 3)]
    disparity = TfliteModel(model).disparity(frames_of(film)[0])
    # Only their brightness: the codec keeps a quarter of the colours.
    found, expected = (
        depth_frames[0].mean(axis=-1),
        visualize.color_disparity(disparity).mean(axis=-1),
    )
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


@pytest.mark.parametrize("source", ["nothing.avi", "99"])
def test_the_board_sample_says_in_one_line_that_there_are_no_pictures(source, exported_folder):
    done = depth_film(exported_folder / "depth_int8.tflite", source, exported_folder / "depth.avi")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"Received: {source}.")


@pytest.fixture(scope="module")
def depth_picture(tmp_path_factory):
    """The C++ sample, compiled."""
    program = tmp_path_factory.mktemp("sample") / "depth_picture"
    source = SAMPLES / "depth_picture.cpp"
    warnings = ("-Wall", "-Wextra", "-Werror")
    library = (LIBRARY / "libLiteRt.so", f"-Wl,-rpath,{LIBRARY}")
    done = run("g++", "-std=c++17", *warnings, source, "-o", program, *library)
    assert done.returncode == 0, done.stderr
    return program


@needs_compiler
def test_the_cpp_sample_computes_the_disparity_that_python_does(depth_picture, exported_folder):
    model, picture = exported_folder / "depth_int8.tflite", exported_folder / "small.ppm"
    image = cv2.resize(cv2.imread(str(exported_folder / "street.png")), (96, 64))
    cv2.imwrite(str(picture), image)
    done = run(depth_picture, model, picture, exported_folder / "disparity.pfm")
    assert done.returncode == 0, done.stderr
    disparity = cv2.imread(str(exported_folder / "disparity.pfm"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(disparity, TfliteModel(model).disparity(image[..., ::-1]))


@needs_compiler
def test_the_cpp_sample_refuses_a_picture_of_another_size(depth_picture, exported_folder):
    cv2.imwrite(str(exported_folder / "large.ppm"), np.zeros((10, 10, 3), np.uint8))
    picture = exported_folder / "large.ppm"
    done = run(depth_picture, exported_folder / "depth_int8.tflite", picture, "disparity.pfm")
    assert done.returncode == 1
    assert "Expected a binary PPM of 96x64" in done.stderr
