"""Stages trained separately and then together: what each leaves out and takes over."""

import json

import keras
import numpy as np
import pytest

from dfnet_tf import stages
from dfnet_tf.config import Config, ConfigError
from dfnet_tf.data.batches import pipeline
from dfnet_tf.losses import objective
from dfnet_tf.models import kinds
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import PRESETS, preset
from dfnet_tf.program import flags
from dfnet_tf.stages import NETWORKS, STAGES
from dfnet_tf.training import checkpoints, loop, schedule, weights_file

pytestmark = pytest.mark.usefixtures("eagerly")


def tiny(stage, **changes):
    return stages.staged(preset("tiny"), stage).replace(
        data__height=32,
        data__width=64,
        training__jit_loss=False,
        training__epochs=1,
        training__steps_per_epoch=1,
        **changes,
    )


@pytest.fixture(scope="module")
def runs(clips, tmp_path_factory):
    """A run of one step for each network or two trained apart: {stage: (folder, model)}."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        stage: (folder / stage, loop.train(tiny(stage, training__seed=seed), clips, folder / stage))
        for seed, stage in enumerate(["flow", "depth"])
    }


@pytest.fixture(scope="module")
def model():
    """All networks, random."""
    return built(tiny("joint"))


@pytest.fixture(scope="module")
def batch(clips):
    return pipeline.plain_batch(clips, tiny("joint").data, [0])


@pytest.fixture(scope="module")
def predictions(model, batch):
    return model(batch)


def built(config):
    model = DFNet(config)
    model.build()
    return model


def weights(model):
    return {name: [np.array(w) for w in getattr(model, name).weights] for name in NETWORKS}


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize(
    ("stage", "left_out", "predicted"),
    [
        ("flow", ("depth_net", "pose_net"), {"flows"}),
        ("depth", ("flow_net",), {"disparities", "motions"}),
    ],
)
def test_a_stage_runs_its_networks_alone(runs, batch, monkeypatch, stage, left_out, predicted):
    _, model = runs[stage]
    for name in left_out:
        for method in ("call", "encode"):  # A call would fail.
            monkeypatch.setattr(getattr(model, name), method, None, raising=False)
    predictions = model(batch)
    assert set(predictions) == predicted
    terms = model.stage.terms["paper"]
    assert tuple(model.loss_terms(batch, predictions)[1]) == terms
    assert tuple(tracker.name for tracker in model.term_trackers) == terms


def test_motion_is_learned_first_where_it_is_asked_for(clips):
    model = built(tiny("depth", training__motion_first=1))
    schedule.compile_model(model)
    batch = pipeline.plain_batch(clips, model.config.data, [0])
    random = weights(model)
    model.train_step((batch,))
    after_one = weights(model)
    assert same(random["depth_net"], after_one["depth_net"])
    assert not same(random["pose_net"], after_one["pose_net"])
    model.train_step((batch,))
    assert not same(random["depth_net"], weights(model)["depth_net"])


@pytest.mark.parametrize("stage", ["flow", "depth"])
def test_a_stage_trains_its_networks_alone(runs, stage):
    _, model = runs[stage]
    keras.utils.set_random_seed(model.config.training.seed)
    before = weights(built(model.config))
    for name, after in weights(model).items():
        assert same(before[name], after) == (name not in model.stage.trained), name
    trained = sum(len(getattr(model, name).weights) for name in model.stage.trained)
    assert len(model.trainable_variables) == trained  # The optimizer's state too.


def test_each_run_contributes_what_it_trained(model, runs):
    before = weights(model)
    checkpoints.start_from(model, [runs["flow"][0]])
    for name, received in weights(model).items():
        assert same(received, before[name]) == (name != "flow_net"), name
    checkpoints.start_from(model, [folder for folder, _ in runs.values()])
    for name, received in weights(model).items():
        origin = "flow" if name == "flow_net" else "depth"
        assert same(received, weights(runs[origin][1])[name]), name


def test_runs_that_do_not_fit_are_refused(runs):
    (flow, _), (depth, depth_model) = runs["flow"], runs["depth"]
    with pytest.raises(checkpoints.RunError, match="flow: expected .* depth_net or pose_net"):
        checkpoints.start_from(depth_model, [flow])
    mobile = DFNet(preset("mobile").replace(data__height=64, data__width=64))
    with pytest.raises(
        checkpoints.RunError, match="of preset mobile. Received: a run of preset tiny"
    ):
        checkpoints.start_from(mobile, [depth])


def test_a_run_whose_flow_is_enlarged_otherwise_is_refused_with_a_way_out(runs):
    flow, _ = runs["flow"]
    enlarging = DFNet(tiny("flow", network__flow_upsampling="learned"))
    enlarging.build()
    with pytest.raises(checkpoints.RunError, match="give --flow_upsampling=bilinear"):
        checkpoints.start_from(enlarging, [flow])


def test_if_several_runs_trained_a_network_the_last_one_wins(model, runs, tmp_path):
    model.config.save(tmp_path / "config.json")
    (tmp_path / "checkpoints").mkdir()
    weights_file.write(model, tmp_path / "checkpoints" / "step_00000001.weights.h5")
    joint, (depth, depth_model) = weights(model), runs["depth"]
    checkpoints.start_from(model, [tmp_path, depth])
    for name, received in weights(model).items():
        assert same(received, (joint if name == "flow_net" else weights(depth_model))[name]), name
    with pytest.raises(checkpoints.RunError, match="depth: expected .* no later --init_from"):
        checkpoints.start_from(model, [depth, tmp_path])


def test_only_trained_networks_can_be_loaded(runs):
    (flow, _), (depth, trained) = runs["flow"], runs["depth"]
    with pytest.raises(checkpoints.RunError, match="trained depth_net. Received: .*--stage=flow"):
        checkpoints.load_trained(flow, ("depth_net", "flow_net"))
    model = checkpoints.load_trained(depth, ("depth_net", "pose_net"))
    assert same(weights(model)["depth_net"], weights(trained)["depth_net"])


def test_missing_predictions_take_their_terms_with_them_and_no_others(model, batch, predictions):
    images, intrinsics = model.loss_inputs(batch, predictions)
    _, every = objective.objective(images, intrinsics, predictions, model.config.loss)
    for stage, keys in (("flow", ("flows",)), ("depth", ("disparities", "motions"))):
        part = {key: predictions[key] for key in keys}
        total, terms = objective.objective(images, intrinsics, part, model.config.loss)
        expected = {name: float(every[name]) for name in STAGES[stage]["network"].terms["paper"]}
        assert {name: float(value) for name, value in terms.items()} == expected
        assert float(total) == pytest.approx(sum(expected.values()))


def test_each_stage_has_its_own_settings():
    paper = preset("paper")
    flow = stages.staged(paper, "flow")
    assert flow.loss.census_radii == (1, 1, 1, 1, 1)
    assert (flow.loss.flow_smoothness, flow.loss.flow_consistency) == (3.0, 0.2)
    assert stages.staged(paper, "joint") == paper
    for name in ("paper", "mobile", "tiny"):
        assert not stages.staged(preset(name), "depth").loss.rigid_occlusions
    assert stages.staged(preset("tiny", "robust"), "depth").loss == preset("tiny", "robust").loss


def test_settings_written_before_there_were_stages_are_read():
    settings = json.loads(json.dumps(preset("tiny").to_dict()))
    del settings["training"]["stage"], settings["network"]["imagenet"]
    del settings["loss"]["rigid_occlusions"]
    assert Config.from_dict(settings) == preset("tiny")


def test_settings_that_contradict_a_stage_are_refused():
    with pytest.raises(ConfigError, match="a stage of flow, depth, joint, distil"):
        stages.staged(preset("tiny"), "joint").replace(training__stage="all")
    with pytest.raises(ConfigError, match="intrinsics given in stage flow"):
        tiny("flow", data__intrinsics="learned")


ROWS = [(stage, teacher) for stage, row in STAGES.items() for teacher in row]


@pytest.mark.parametrize(("stage", "teacher"), ROWS)
def test_every_row_of_the_table_makes_settings_of_every_preset(stage, teacher):
    for name in PRESETS:
        for objective_name in ("paper", "robust"):
            config = stages.staged(preset(name, objective_name), stage, teacher)
            assert stages.of(config.training) is STAGES[stage][teacher]


@pytest.mark.parametrize(("stage", "teacher"), ROWS)
def test_every_row_of_the_table_names_a_model_its_networks_and_flags(stage, teacher):
    row = STAGES[stage][teacher]
    assert row.model in kinds.MODELS
    assert set(row.trained) <= set(row.networks) <= set(NETWORKS)
    assert set(row.refused) <= {"objective", "teacher", *flags.SETTINGS}


def test_the_table_knows_every_preset():
    assert set(stages.PRESETS) == set(PRESETS)
