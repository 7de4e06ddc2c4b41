"""What goes into a file for the viewer Rerun; a stand-in for its package records the calls."""

import importlib
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from true_predictor import TruePredictor

from dfnet_tf.data.sources import synthetic
from dfnet_tf.prediction import point_cloud
from dfnet_tf.prediction.inputs import Input
from dfnet_tf.prediction.views import views

MODULE = "dfnet_tf.prediction.rerun_file"


@pytest.fixture
def package(monkeypatch):
    """The stand-in: a mock whose `save` writes an empty file."""
    package = mock.MagicMock()
    package.RecordingStream.return_value.save.side_effect = lambda path: Path(path).touch()
    monkeypatch.setitem(sys.modules, "rerun", package)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    return package


@pytest.fixture
def source():
    film = synthetic.render_clip(3, 3, 24, 48)
    timed = zip((0.0, 0.2, 1.5), film.images, strict=True)
    source = Input(lambda: timed, 3, (24, 48), intrinsics=film.intrinsics, first=10, every=2)
    return source, list(views(TruePredictor(film), source.frames(), film.intrinsics))


def test_each_view_has_its_number_its_time_its_points_and_the_path_up_to_it(
    package, source, tmp_path
):
    source, seen = source
    with importlib.import_module(MODULE).RerunFile(tmp_path / "a.rrd", source) as writer:
        for view in seen:
            writer.add(view)
    assert (tmp_path / "a.rrd").exists()
    times = package.RecordingStream.return_value.set_time.call_args_list
    assert [one.kwargs["sequence"] for one in times[::2]] == [10, 12, 14]
    assert [one.kwargs["duration"] for one in times[1::2]] == [0.0, 0.2, 1.5]
    for view, points in zip(seen, package.Points3D.call_args_list, strict=True):
        expected, colours = point_cloud.points(view, source.intrinsics)
        np.testing.assert_array_equal(points.args[0], expected[::4])
        np.testing.assert_array_equal(points.kwargs["colors"], colours[::4])
    path = package.LineStrips3D.call_args_list[-1].args[0][0]
    np.testing.assert_array_equal(path, [view.camera_to_first[:3, 3] for view in seen])


def test_an_error_leaves_no_file(package, source, tmp_path):
    recording = package.RecordingStream.return_value
    rerun_file = importlib.import_module(MODULE)
    with pytest.raises(KeyError), rerun_file.RerunFile(tmp_path / "a.rrd", source[0]):
        raise KeyError
    assert recording.disconnect.called and not list(tmp_path.iterdir())


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with pytest.raises(ValueError, match="Expected the package rerun-sdk with --rerun; `pip inst"):
        importlib.import_module(MODULE)
