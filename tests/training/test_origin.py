"""The origin of networks in a run folder."""

import json
import shutil

import numpy as np
import pytest

from dfnet_tf.data.sources import synthetic
from dfnet_tf.presets import preset
from dfnet_tf.training import origin
from dfnet_tf.training.checkpoints import RunError

CONFIG = preset("tiny").replace(data__height=64, data__width=96)
CAMERA = np.array([[60.0, 0, 49.5], [0, 48.0, 15.5], [0, 0, 1]])  # Of 96 x 32: centre 50, 16.


@pytest.fixture
def clips(tmp_path):
    for seed, name in ((0, "one"), (1, "two")):
        folder = tmp_path / "clips" / name
        synthetic.write_clip(synthetic.render_clip(seed, 3, 32, 96), folder)
        np.savetxt(folder / "intrinsics.txt", CAMERA)
    return tmp_path / "clips"


@pytest.fixture
def run_dir(tmp_path, clips):
    folder = tmp_path / "run"
    folder.mkdir()
    starts = [{"data": {"clips": {str(path): 3 for path in sorted(clips.iterdir())}}}]
    (folder / "provenance.json").write_text(json.dumps(starts))
    return folder


def test_without_any_source_the_origin_is_unstated(tmp_path):
    assert origin.read(tmp_path, CONFIG) == {
        "trained": {"size": [64, 96], "preset": "tiny", "intrinsics": None, "data": "unstated"},
        "licence": "unstated",
    }


def test_the_camera_comes_from_the_runs_clips_as_fractions_of_the_image(run_dir):
    trained = origin.read(run_dir, CONFIG)["trained"]
    assert trained["intrinsics"] == {"fx": 0.625, "fy": 1.5, "cx": 0.5208, "cy": 0.5}
    assert trained["data"] == "6 frames of one, two"


def test_learned_intrinsics_replace_the_guess_of_the_clip(run_dir):
    (run_dir / "intrinsics").mkdir()
    for name in ("one", "two"):
        np.savetxt(run_dir / "intrinsics" / f"{name}.txt", CAMERA * [[1.6], [1], [1]])
    assert origin.read(run_dir, CONFIG)["trained"]["intrinsics"]["fx"] == 1.0


def test_without_one_common_camera_none_is_stated(run_dir, clips):
    np.savetxt(clips / "two" / "intrinsics.txt", CAMERA * [[0.9], [1], [1]])
    assert origin.read(run_dir, CONFIG)["trained"]["intrinsics"] is None
    shutil.rmtree(clips)
    trained = origin.read(run_dir, CONFIG)["trained"]
    assert (trained["intrinsics"], trained["data"]) == (None, "6 frames of one, two")


def test_only_the_first_of_many_clips_are_named(tmp_path):
    starts = [{"data": {"clips": {f"drives/{i}": 10 for i in range(8)}}}]
    (tmp_path / "provenance.json").write_text(json.dumps(starts))
    data = origin.read(tmp_path, CONFIG)["trained"]["data"]
    assert data == "80 frames of 0, 1, 2, 3, 4 and 3 more clips"


def test_about_json_overrides_all_other_sources(run_dir):
    camera = {"fx": 1, "fy": 2.0, "cx": 0.5, "cy": 0.5}
    said = {"licence": "CC BY 4.0", "data": "our drives", "intrinsics": camera}
    (run_dir / "about.json").write_text(json.dumps(said))
    found = origin.read(run_dir, CONFIG)
    assert found["licence"] == "CC BY 4.0"
    assert (found["trained"]["data"], found["trained"]["intrinsics"]) == ("our drives", camera)


def test_an_origin_survives_writing_and_reading(run_dir, tmp_path):
    (run_dir / "about.json").write_text('{"licence": "für alle"}')
    found, new = origin.read(run_dir, CONFIG), tmp_path / "new"
    new.mkdir()
    origin.write(found, new)
    assert origin.read(new, CONFIG) == found
    assert "für alle" in (new / "about.json").read_text()


def test_an_unknown_origin_writes_no_file(tmp_path):
    origin.write(origin.read(tmp_path, CONFIG), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["no json", "[]", '{"license": "misspelt"}', '{"licence": 3}', '{"intrinsics": {"fx": 1}}']
    + ['{"intrinsics": 1}', '{"intrinsics": {"fx": "1", "fy": 1, "cx": 1, "cy": 1}}'],
)
def test_a_wrong_about_json_is_refused(tmp_path, text):
    (tmp_path / "about.json").write_text(text)
    with pytest.raises(RunError, match="about.json: expected"):
        origin.read(tmp_path, CONFIG)


@pytest.mark.parametrize("text", ["[1]", '[{"data": []}]', '{"a": 1}'])
def test_a_foreign_provenance_is_refused(tmp_path, text):
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(RunError, match="provenance.json: expected .* Received"):
        origin.read(tmp_path, preset("tiny"))
