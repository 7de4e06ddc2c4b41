"""The doctor's rules on invented numbers, and the check-up of models on a rendered street."""

import dataclasses
import math

import numpy as np
import pytest

from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.networks import pose_net
from dfnet_tf.presets import preset
from dfnet_tf.training import check_up, doctor, schedule
from dfnet_tf.training.check_up import observe
from dfnet_tf.training.doctor import Observation

HEALTHY = Observation(
    still_share=0.1,
    disparity_spread=0.6,
    disparity_median=0.8,
    flow_length=3.0,
    flow_visible=0.9,
    rigid_length=2.5,
    rigid_visible=0.9,
    terms={"rigid_photometric": [90.0, 70, 60, 55], "cross_task": [0.1, 1, 2, 2]},
    medians=[4.0, 2.0, 1.0, 0.8],
)
ILL = {  # For each rule: values just beyond its threshold, and values at it.
    "No numbers": ({"finite": False}, {"finite": True}),
    "Skipped steps": ({"skipped_steps": 1.0}, {"skipped_steps": 0.0}),
    "Static data": ({"still_share": 0.51}, {"still_share": 0.5}),
    "Constant disparity": ({"disparity_spread": 0.049}, {"disparity_spread": 0.05}),
    "Disparity at its lower end": ({"disparity_median": 0.019}, {"disparity_median": 0.02}),
    "Disparity at its upper end": ({"disparity_median": 9.91}, {"disparity_median": 9.9}),
    "No motion": (
        {"rigid_length": 0.09, "flow_length": 0.5},
        {"rigid_length": 0.1, "flow_length": 0.5},
    ),
    "Motion far behind the flow": ({"rigid_length": 0.29}, {"rigid_length": 0.31}),
    "No flow": ({"flow_length": 0.09}, {"flow_length": 0.1}),
    "The flow's mask hides nearly everything": ({"flow_visible": 0.09}, {"flow_visible": 0.1}),
    "The rigid flow's mask hides nearly everything": (
        {"rigid_visible": 0.09},
        {"rigid_visible": 0.1},
    ),
    "The flow's mask hides nothing": ({"flow_visible": 1.0}, {"flow_visible": 0.999}),
    "The rigid flow's mask hides nothing": (
        {"rigid_visible": 1.0},
        {"rigid_visible": 1.0, "rigid_length": 1.0},
    ),
    "Drifting scale": ({"medians": [4.0, 3, 1, 0.49]}, {"medians": [4.0, 3, 0.49]}),
    "A term explodes": (
        {"terms": {"a": [10.0, 10, 51], "b": [9.0, 9, 9]}},
        {"terms": {"a": [10.0, 10, 51], "b": [60.0, 60, 60]}},
    ),
    "A term is zero": (
        {"terms": {"a": [0.0, 0.0], "b": [1.0, 1.0]}},
        {"terms": {"a": [0.0, 0.1], "b": [1.0, 1.0], "depth_edges": [0.0, 0.0]}},
    ),
}


def faults(seen):
    return [finding.partition(". ")[0] for finding in doctor.findings(seen)]


def test_a_healthy_run_has_no_findings():
    assert faults(HEALTHY) == []
    assert "Nothing suspicious." in doctor.report(HEALTHY, 100)


def test_unknown_quantities_have_no_findings():
    assert faults(Observation()) == []


@pytest.mark.parametrize("rule", doctor.RULES, ids=lambda rule: rule.name)
def test_each_rule_applies_exactly_from_its_threshold(rule):
    ill, still_well = ILL[rule.name]
    assert faults(dataclasses.replace(HEALTHY, **ill)) == [rule.name]
    assert faults(dataclasses.replace(HEALTHY, **still_well)) == []


def test_findings_name_terms_and_numbers():
    seen = dataclasses.replace(
        HEALTHY, disparity_spread=0.012, terms={"cross_task": [1.0, math.inf], "b": [0.0, 0.0]}
    )
    text = doctor.report(seen, 42)
    assert text.startswith("# Step 42")
    assert "varies by 1.2%" in text
    assert "most of the loss: cross_task. Try: A lower --learning_rate" in text
    assert "nothing was learned from it: b." in text
    assert "| disparity_spread | 0.012 |" in text


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """An untrained model, and two windows of a rendered street."""
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(synthetic.render_clip(0, 4, 64, 128), folder)
    config = preset("tiny").replace(data__height=64, data__width=128)
    model = DFNet(config)
    model.build()
    schedule.compile_model(model)
    return model, pipeline.plain_batch(read_clips(folder), config.data, [0, 1])


@pytest.fixture
def model(built):
    """The model; a test may change its weights and settings."""
    model, _ = built
    config, weights = model.config, model.get_weights()
    yield model
    model.config = config
    model.set_weights(weights)


@pytest.fixture
def batch(built):
    return dict(built[1])


def silence(layer):
    layer.kernel.assign(0 * layer.kernel)


def test_networks_that_learned_nothing_have_findings(model, batch):
    for head in (*model.depth_net.heads, model.pose_net.head, model.flow_net.head):
        silence(head)
    found = faults(observe(model, batch))
    assert {"Constant disparity", "No motion", "No flow"} <= set(found)
    assert "Static data" not in found


def test_observations_are_computed_from_the_predictions(model, batch):
    silence(model.pose_net.head)
    model.pose_net.head.bias.assign([0, 0, 0, 0, 0, 0.1 / pose_net.OUTPUT_SCALE])  # About Z.
    seen = observe(model, batch)
    disparities = np.array(model(batch)["disparities"][0]).reshape(6, -1)
    assert seen.disparity_median == pytest.approx(np.median(disparities))
    spread = (disparities.std(axis=1) / disparities.mean(axis=1)).mean()
    assert seen.disparity_spread == pytest.approx(spread, rel=1e-4)
    y, x = np.mgrid[:64, :128] - np.array(batch["intrinsics"])[0, [1, 0], 2][:, None, None]
    turned = 2 * np.sin(0.05) * np.hypot(x, y)  # The chord of 0.1 rad; f_x = f_y.
    assert seen.rigid_length == pytest.approx(turned.mean(), rel=1e-3)


def test_a_static_camera_is_found(model, batch):
    batch["clean_images"] = np.repeat(batch["clean_images"][:, :1], 3, axis=1)
    assert observe(model, batch).still_share == 1.0


def test_a_stage_is_observed_only_for_what_it_trains(model, batch):
    joint = model.config
    model.config = joint.replace(training__stage="flow")
    seen = observe(model, batch)
    assert math.isnan(seen.rigid_length) and not math.isnan(seen.flow_length)
    model.config = joint.replace(training__stage="depth")
    seen = observe(model, batch)
    assert math.isnan(seen.flow_length) and not math.isnan(seen.disparity_median)


def test_nan_weights_have_only_that_finding(model, batch):
    model.depth_net.heads[0].bias.assign([math.nan])
    assert faults(observe(model, batch)) == ["No numbers"]


def test_the_check_up_records_epochs_and_finds_nothing_in_a_healthy_run(
    model, batch, tmp_path, capsys, monkeypatch
):
    seen = Observation()
    monkeypatch.setattr(check_up, "observe", lambda *_: seen)
    model.config = model.config.replace(loss__cross_task=0.0)
    doctors = check_up.CheckUp(tmp_path, batch)
    doctors.set_model(model)
    logs = {tracker.name: 1.0 for tracker in model.term_trackers} | {"cross_task": 0.0}
    doctors.on_epoch_end(0, logs)
    doctors.report()
    assert capsys.readouterr().out == f"Nothing suspicious in this run, see {tmp_path}/doctor.md.\n"
    text = (tmp_path / "doctor.md").read_text()
    assert "| flow_photometric | 1 |" in text and "cross_task" not in text
    seen.finite = False
    doctors.report()
    assert "\n- No numbers. The networks" in capsys.readouterr().out


@pytest.mark.parametrize("rule", [rule for rule in doctor.RULES if rule.by_stages])
@pytest.mark.parametrize("stage", ["flow", "depth", "joint"])
def test_no_advice_names_the_stage_that_was_trained(rule, stage):
    (finding,) = doctor.findings(dataclasses.replace(HEALTHY, stage=stage, **ILL[rule.name][0]))
    assert f"--stage={stage}" not in finding
    assert ("--stage=" in finding) == (f"--stage={stage}" not in rule.by_stages)
    assert rule.advice in finding
