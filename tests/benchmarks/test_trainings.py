import pytest

from benchmarks import trainings
from dfnet_tf.config import ConfigError
from dfnet_tf.presets import preset


@pytest.fixture
def stages(tmp_path):
    """The folder of a run of stage depth, with only its settings."""
    preset("tiny").replace(
        data__height=64, loss__cross_task=0.7, training__stage="depth", training__motion_first=9
    ).save(tmp_path / "config.json")
    return [tmp_path]


def joint(stages, objective):
    return trainings.next_config(stages, "joint", objective, epochs=2, learning_rate=1e-4)


def test_a_joint_training_has_the_stages_frames_and_another_objectives_own_weights(stages):
    config = joint(stages, "robust")
    assert config.loss == preset("tiny", "robust").loss
    assert config.data.height == 64
    assert (config.training.stage, config.training.motion_first) == ("joint", 0)


def test_the_same_objective_keeps_the_stages_weights_and_hides_what_is_occluded(stages):
    assert joint(stages, "paper").loss == preset("tiny").replace(loss__cross_task=0.7).loss


def test_with_another_weight_all_else_is_alike(stages):
    whole = joint(stages, "robust")
    other = trainings.with_weight(whole, *trainings.parse_weight("ssim=0.5"))
    assert other == whole.replace(loss__ssim=0.5)
    off = trainings.with_weight(whole, "auto_mask", 0)
    assert off == whole
    assert trainings.with_weight(whole, "auto_mask", 1) == whole.replace(loss__auto_mask=True)


@pytest.mark.parametrize("part", ["everything", "objective", "census_radii"])
def test_what_is_no_part_of_the_objective_is_refused(stages, part):
    with pytest.raises(ConfigError, match=f"one of .*cross_task.* Received: {part}"):
        trainings.with_weight(joint(stages, "paper"), part, 0)


@pytest.mark.parametrize("text", ["cross_task", "cross_task=much", ""])
def test_a_weight_that_is_no_number_is_refused(text):
    with pytest.raises(ConfigError, match=f"name=number. Received: {text}"):
        trainings.parse_weight(text)


def measured(world, training, depth):
    return {
        "world": world,
        "network": "tiny",
        "training": training,
        "ours": {"depth": depth, "flow": 1.0, "motion": 0.05},
        "trivial": {"depth": 0.5, "flow": 2.0, "motion": 0.1},
    }


def test_a_row_has_the_mean_and_each_seed():
    robust = trainings.training_name("joint", "robust", "cross_task")
    rows = [measured("KITTI", robust, 0.2), measured("KITTI", robust, 0.3)]
    rows += [measured("KITTI", trainings.before("joint"), 0.4), measured("rendered", robust, 0.1)]
    table = trainings.table(rows).splitlines()[2:]
    name = "joint, robust, without cross task"
    assert table == [
        "| KITTI, `tiny`, before joint | 0.400 | 1.000 | 0.050 |",
        f"| KITTI, `tiny`, {name} | 0.250 (0.200, 0.300) | 1.000 (1.000, 1.000) "
        "| 0.050 (0.050, 0.050) |",
        "| KITTI, trivial answer | 0.500 | 2.000 | 0.100 |",
        f"| rendered, `tiny`, {name} | 0.100 | 1.000 | 0.050 |",
        "| rendered, trivial answer | 0.500 | 2.000 | 0.100 |",
    ]
