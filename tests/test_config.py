import json

import pytest

from dfnet_tf import stages
from dfnet_tf.config import OBJECTIVES, REMOVED, Config, ConfigError, LossConfig
from dfnet_tf.presets import PRESETS, preset


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", PRESETS)
def test_settings_survive_json(name, objective):
    config = preset(name, objective)
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_setting_is_replaced_by_its_section_and_name():
    config = preset("tiny").replace(data__batch_size=7, loss__cross_task=0.0)
    assert (config.data.batch_size, config.loss.cross_task) == (7, 0.0)
    assert config.network == preset("tiny").network


def test_paper_has_the_papers_constants():
    config = preset("paper")
    assert (config.data.height, config.data.width, config.data.num_frames) == (320, 1152, 5)
    assert config.loss == LossConfig(
        level_weights=(12.7, 4.35, 3.9, 3.4, 1.1),
        census_radii=(3, 2, 2, 1, 1),
        rigid_photometric=1.0,
        flow_photometric=1.0,
        depth_smoothness=3.0,
        flow_smoothness=3.0,
        depth_consistency=0.2,
        flow_consistency=0.2,
        cross_task=0.5,
    )
    assert config.training.halve_at == (20_000, 100_000)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"data__num_frames": 4}, "2 or an odd number"),
        ({"data__height": 100}, "multiple of 8"),
        ({"data__batch_size": 0}, "batch_size from 1"),
        ({"loss__cross_task": -1.0}, "weights >= 0"),
        ({"training__learning_rate": 0.0}, "learning_rate > 0"),
        ({"training__precision": "float8"}, "float32, mixed_bfloat16, mixed_float16"),
        ({"network__name": "large"}, "a name of paper, mobile, tiny"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, expected):
    with pytest.raises(ConfigError, match=expected):
        preset("tiny").replace(**changes)


def test_unknown_presets_and_settings_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="paper, mobile, tiny. Received: large"):
        preset("large")
    (tmp_path / "config.json").write_text('{"data": {"colour": 1}}')
    with pytest.raises(ConfigError, match="config.json"):
        Config.load(tmp_path / "config.json")


def test_a_file_from_before_there_were_objectives_is_the_papers():
    settings = preset("tiny").to_dict()
    del settings["loss"]["objective"]
    assert Config.from_dict(settings) == preset("tiny")


def test_the_robust_objective_takes_the_presets_census_windows():
    for name in PRESETS:
        config, loss = preset(name), preset(name, "robust").loss
        assert loss.objective == "robust"
        assert loss.census_radii == config.loss.census_radii
    assert preset("tiny", "robust").replace(loss__cross_task=0.0).loss.cross_task == 0


def test_a_file_with_removed_settings_is_read_if_they_had_no_effect():
    config = preset("tiny", "robust")
    settings = config.to_dict()
    settings["loss"] |= REMOVED
    assert Config.from_dict(settings) == config


@pytest.mark.parametrize(
    ("name", "value"),
    [("minimum_over_sources", True), ("full_resolution", False), ("depth_consistency", 0.5)],
)
def test_a_removed_setting_that_had_an_effect_is_refused(tmp_path, name, value):
    settings = preset("tiny", "robust").to_dict()
    settings["loss"][name] = value
    (tmp_path / "config.json").write_text(json.dumps(settings))
    expected = f"config.json.*loss.{name} no longer exists.* Received: {json.dumps(value)}"
    with pytest.raises(ConfigError, match=expected):
        Config.load(tmp_path / "config.json")


def test_the_papers_objective_keeps_its_depth_consistency():
    config = preset("tiny").replace(loss__depth_consistency=0.7)
    assert Config.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loss__cross_task": -1.0}, "weights >= 0"),
        ({"loss__ssim": 1.5}, "ssim in"),
        ({"loss__depth_level_weights": ()}, "depth_level_weights and flow_level_weights"),
        ({"loss__census_radii": (1,)}, "at least 4 census_radii"),
    ],
)
def test_robust_weights_that_cannot_work_are_refused(changes, expected):
    with pytest.raises(ConfigError, match=expected):
        preset("tiny", "robust").replace(**changes)


@pytest.mark.parametrize(
    ("objective", "name"),
    [
        *(("paper", name) for name in (*stages.PAPER_TERMS, "level_weights")),
        *(("robust", name) for name in (*stages.ROBUST_TERMS, "ssim")),
        *(("robust", name) for name in ("depth_level_weights", "flow_level_weights")),
    ],
)
def test_a_negative_weight_is_refused(objective, name):
    config = preset("tiny", objective)
    many = name.endswith("level_weights")
    weight = (*getattr(config.loss, name)[:-1], -0.1) if many else -0.1
    with pytest.raises(ConfigError, match="weights >= 0|ssim in"):
        config.replace(**{f"loss__{name}": weight})


def test_an_unknown_objective_is_refused():
    with pytest.raises(ConfigError, match="paper, robust. Received: best"):
        preset("tiny", "best")
    settings = preset("tiny").to_dict()
    settings["loss"]["objective"] = "best"
    with pytest.raises(ConfigError, match="best"):
        Config.from_dict(settings)
