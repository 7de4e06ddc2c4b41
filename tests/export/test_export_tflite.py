"""python -m export.export_tflite, on a saved run and a rendered clip."""

import functools
import json
import shutil

import numpy as np
import pytest
from untrained_run import write_untrained_run

from dfnet_tf.data.clips import read_clip
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth import flow_pairs
from dfnet_tf.evaluation import headline
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints
from export import metadata, parity, profile
from export.tflite_model import TfliteModel

pytestmark = pytest.mark.usefixtures("networks_built_once", "converted_once")


@pytest.fixture
def export(run_main):
    return functools.partial(run_main, "export.export_tflite", "--nomeasure")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    config = preset("tiny").replace(data__height=64, data__width=96)
    return write_untrained_run(tmp_path_factory.mktemp("run"), config)


@pytest.fixture(scope="module")
def clip_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "street"
    synthetic.write_clip(synthetic.render_clip(0, 8, 64, 96), folder)
    return folder


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_both_networks_become_int8_models_that_predict_like_keras(
    export, run_dir, clip_dir, tmp_path
):
    output = tmp_path / "models"
    status, out, err = export(
        f"--run_dir={run_dir}", f"--output={output}", f"--calibration={clip_dir}"
    )
    assert status == 0, err
    assert files(output) == [
        *("depth_int8.json", "depth_int8.tflite", "flow_int8.json", "flow_int8.tflite"),
        *("report.json", "report.md"),
    ]
    for row, name in zip(out.splitlines(), ("depth_int8.tflite", "flow_int8.tflite"), strict=False):
        megabytes = (output / name).stat().st_size / 1e6
        assert row.split()[:3] == [name, f"{megabytes:.2f}", "MB"]
    assert (output / "report.md").read_text().strip() == out.partition("\n\n")[2].strip()

    clip = read_clip(clip_dir)
    keras_side = Predictor(checkpoints.load_trained(run_dir))
    disparity = TfliteModel(output / "depth_int8.tflite").disparity(clip.image(3))
    np.testing.assert_allclose(disparity, keras_side.disparity(clip.image(3)), rtol=0.2)
    flow = TfliteModel(output / "flow_int8.tflite").flow(clip.image(3), clip.image(4))
    expected = keras_side.flow(clip.image(3), clip.image(4))
    assert np.abs(flow - expected).mean() < 0.2 * np.abs(expected).mean()


def test_a_model_and_its_description_belong_together(export, run_dir, tmp_path):
    run = shutil.copytree(run_dir, tmp_path / "run")
    (run / "about.json").write_text('{"licence": "for nobody"}')
    arguments = f"--run_dir={run}", "--network=depth", "--quantization=float16", "--input=uint8"
    status, _, err = export(*arguments, f"--output={tmp_path}/models")
    assert status == 0, err
    content = (tmp_path / "models/depth_float16.tflite").read_bytes()
    beside = json.loads((tmp_path / "models/depth_float16.json").read_text())
    assert beside == metadata.beside(metadata.read(content), content)
    assert (beside["licence"], beside["trained"]["size"]) == ("for nobody", [64, 96])
    assert beside["signatures"]["depth"]["inputs"][0]["dtype"] == "uint8"
    assert beside["quantization"]["variant"] == "float16"
    assert 0 < beside["quality"]["against_keras"]["abs_rel"] < 0.01


def test_one_file_has_both_signatures_and_each_is_measured(
    run_main, run_dir, tmp_path, clip_dir, monkeypatch
):
    measured = []

    def measure(path, threads, runs, signature):
        assert path.exists() and runs > 0
        measured.append((signature, threads))
        return profile.Profile(1.0, 2.0, 3_000_000, (profile.OpShare("ADD", 1, 1.0),), 0.5)

    monkeypatch.setattr(profile, "profile", measure)
    status, out, err = run_main(
        "export.export_tflite",
        *(f"--run_dir={run_dir}", f"--output={tmp_path}", "--quantization=float32", "--one_file"),
        *(f"--truth_depth={clip_dir}", f"--truth_flow={clip_dir}"),
    )
    assert status == 0, err
    assert measured == [(kind, threads) for kind in ("depth", "flow") for threads in (1, 2)]
    assert out.count("| 1.0 / 2.0 | 1.0 / 2.0 | 3 | 50% |") == 2
    path = tmp_path / "depth_flow_float32.tflite"
    quality = metadata.read(path)["quality"]
    assert quality["against_keras"].keys() == {"abs_rel", "disparity_mae", "epe", "relative_epe"}

    clips, pairs = [read_clip(clip_dir)], flow_pairs.read_flow_pairs(clip_dir)
    depth, flow = (TfliteModel(path, signature=kind) for kind in ("depth", "flow"))
    errors = headline.depth_error(clips, depth.disparity)
    assert quality["against_truth"]["abs_rel"] == errors["ours"]
    assert quality["against_truth"]["epe"] == headline.flow_error(pairs, flow.flow)["ours"]
    assert 0 < errors["trivial"] == quality["against_truth"]["abs_rel_trivial"]


def test_models_of_another_size_without_calibration_pictures(export, run_dir, tmp_path):
    status, out, err = export(
        f"--run_dir={run_dir}",
        f"--output={tmp_path}/models",
        "--network=depth",
        "--quantization=float32",
        "--height=32",
        "--width=64",
    )
    assert status == 0, err
    assert "depth_float32.tflite" in files(tmp_path / "models")
    assert TfliteModel(tmp_path / "models/depth_float32.tflite").size == (32, 64)
    assert "depth_float32.tflite" in out


def test_a_size_of_one_network_is_refused_before_the_other_is_exported(export, run_dir, tmp_path):
    """Preset tiny's depth takes multiples of 8, its flow does not."""
    status, _, err = export(
        f"--run_dir={run_dir}",
        f"--output={tmp_path}/models",
        "--quantization=float32",
        "--height=40",
        "--width=64",
    )
    assert status == 1
    assert "Received" in err
    assert not (tmp_path / "models").exists()


def test_a_model_that_fails_its_check_leaves_no_file(export, run_dir, tmp_path, monkeypatch):
    monkeypatch.setitem(parity.BOUNDS["depth"], "dynamic", 1e-9)
    status, _, err = export(
        f"--run_dir={run_dir}",
        f"--output={tmp_path}/models",
        "--network=depth",
        "--quantization=dynamic",
    )
    assert (status, files(tmp_path / "models")) == (1, [])
    assert "export_tflite: depth_dynamic: expected abs_rel <= 1e-09" in err


def test_models_are_not_overwritten_unasked(export, run_dir, tmp_path):
    (tmp_path / "flow_float16.tflite").write_text("a model")
    arguments = f"--run_dir={run_dir}", f"--output={tmp_path}", "--quantization=float16"
    status, _, err = export(*arguments)
    assert status == 1
    assert "flow_float16.tflite: expected a new path, or --overwrite" in err
    assert files(tmp_path) == ["flow_float16.tflite"]
    assert export(*arguments, "--network=flow", "--overwrite")[0] == 0
    assert TfliteModel(tmp_path / "flow_float16.tflite").name == "flow"
    (tmp_path / "flow_float16.tflite").unlink()
    assert "flow_float16.json: expected a new path" in export(*arguments)[2]


def test_flags_that_miss_or_contradict_each_other_are_refused(export, run_dir, tmp_path):
    def refused(*arguments):
        status, _, err = export(f"--output={tmp_path}/models", *arguments)
        assert (status, files(tmp_path)) == (1, [])
        assert "Traceback" not in err
        return err

    run = f"--run_dir={run_dir}"
    assert "Expected --calibration with --quantization=int8" in refused(run)
    assert "with --quantization=all. Received: none" in refused(run, "--quantization=all")
    assert "--network=both with --one_file. Received: flow" in refused(
        run, "--quantization=float32", "--network=flow", "--one_file"
    )
    assert "--network=depth or both with --truth_depth. Received: flow" in refused(
        run, "--quantization=float32", "--network=flow", "--truth_depth=somewhere"
    )
    assert "<depth|flow|both>" in refused(run, "--network=pose")
    float_model = run, "--quantization=float32"
    assert "multiples of 32. Received: 64 x 100" in refused(*float_model, "--width=100")
    assert "step_*.weights.h5" in refused(f"--run_dir={tmp_path}/none", float_model[1])
    assert "a folder of such folders" in refused(run, f"--calibration={tmp_path}/none")
