"""--set: any setting of config.json, by its name, checked like the file's."""

import pytest
from absl import flags

from dfnet_tf.config import ConfigError
from dfnet_tf.presets import preset
from dfnet_tf.program import flags as config_flags


def config_of(*arguments):
    known = set(flags.FLAGS)
    config_flags.define_training_flags()
    try:
        flags.FLAGS(["train", "--preset=tiny", *arguments])
        return config_flags.training_config()
    finally:
        for name in set(flags.FLAGS) - known:  # Flags are global.
            delattr(flags.FLAGS, name)


def test_settings_without_a_flag_are_set_by_name():
    config = config_of(
        "--objective=robust",
        "--set=loss.auto_mask=true",
        "--set=data.max_scale=1",
        "--set=loss.census_radii=[2, 1, 1, 1]",
        '--set=training.precision="mixed_bfloat16"',
    )
    assert config == preset("tiny", "robust").replace(
        loss__auto_mask=True,
        data__max_scale=1.0,
        loss__census_radii=(2, 1, 1, 1),
        training__precision="mixed_bfloat16",
    )


def test_the_last_of_several_values_wins_also_over_a_flag_of_its_own():
    both = "--set=training.epochs=5", "--set=training.epochs=7"
    assert config_of("--epochs=3", *both).training.epochs == 7


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("loss.auto=1", "a setting of config.json as section.name, .* Received: loss.auto"),
        ("cross_task=1", "a setting of config.json as section.name, .* Received: cross_task"),
        ("loss.cross_task", "a value in JSON, .* Received: --set=loss.cross_task"),
        ("loss.cross_task=high", "a value in JSON, .* Received: --set=loss.cross_task=high"),
        ("loss.cross_task=true", "loss.cross_task of type float. Received: True"),
        ("loss.cross_task=NaN", "loss.cross_task of type float. Received: nan"),
        ("loss.rigid_occlusions=1", "loss.rigid_occlusions of type bool. Received: 1"),
        ("training.epochs=1.5", "training.epochs of type int. Received: 1.5"),
        ('loss.level_weights=[1, "2"]', r"of type tuple\[float, ...\]. Received: \(1, '2'\)"),
        ("loss.cross_task=-1", "weights >= 0"),
        ('training.stage="flow"', "--stage instead"),
        ('loss.objective="robust"', "--objective instead"),
        ('network.name="paper"', "--preset instead"),
    ],
)
def test_what_cannot_be_set_is_refused_in_one_clear_line(assignment, expected):
    with pytest.raises(ConfigError, match=expected) as error:
        config_of(f"--set={assignment}")
    assert "\n" not in str(error.value)


def test_a_setting_that_the_stage_refuses_as_a_flag_cannot_be_set():
    with pytest.raises(ConfigError, match="no loss.cross_task with --stage=flow"):
        config_of("--stage=flow", "--set=loss.cross_task=1")
