"""Stage `distil`: depth learns from its own copy, and nothing else changes."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
import whole_inputs

from dfnet_tf import stages
from dfnet_tf.config import Config
from dfnet_tf.data.batches import pipeline
from dfnet_tf.geometry import patchwork
from dfnet_tf.losses import distillation
from dfnet_tf.models.depth_student import DepthStudent
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, loop, schedule

pytestmark = pytest.mark.usefixtures("eagerly")

NETWORKS = ("depth_net", "pose_net", "flow_net")


def settings(stage="distil", name="tiny", size=(32, 64), **changes):
    return stages.staged(preset(name), stage).replace(
        data__height=size[0],
        data__width=size[1],
        data__batch_size=1,
        training__jit_loss=False,
        training__seed=7,  # Differs from the seed of the first run.
        training__epochs=1,
        training__steps_per_epoch=2,
        **changes,
    )


@pytest.fixture(scope="module")
def batch(clips):
    return next(iter(pipeline.training_batches(clips, settings().data, seed=0)))


@pytest.fixture(scope="module")
def begun_from(tmp_path_factory):
    """The folder of a run that has all networks."""
    folder = tmp_path_factory.mktemp("runs") / "joint"
    whole_inputs.write_run(folder)
    return folder


@pytest.fixture(scope="module")
def taught(clips, begun_from, tmp_path_factory):
    """The folder of a run of stage distil."""
    folder = tmp_path_factory.mktemp("runs") / "taught"
    loop.train(settings(), clips, folder, [begun_from])
    return folder


def student(**changes):
    model = DepthStudent(settings(**changes))
    model.build()
    model.take_teacher()
    return model


def weights(network):
    return [np.array(weight) for weight in network.weights]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_the_teachers_depth_of_clean_frames_labels_their_patchworks(batch):
    model = student()
    predictions = model(batch, training=True)
    log_disparity = np.log(model.depth_net(batch["clean_images"][0])[0])
    expected = patchwork.patchwork(log_disparity, batch["draws"][0])
    np.testing.assert_allclose(predictions["taught"], expected, atol=1e-5)


def test_the_student_sees_patchworks_of_the_jittered_frames(batch):
    model = student()
    found = model(batch, training=True)["patchwork_disparities"]
    seen = patchwork.patchwork(batch["images"][0], batch["draws"][0])
    for level, expected in zip(found, model.depth_net(seen), strict=True):
        np.testing.assert_allclose(level, expected, atol=1e-5)


@pytest.mark.parametrize(("name", "size"), [("paper", (128, 128)), ("mobile", (64, 64))])
def test_the_teacher_of_every_preset_is_a_copy_of_its_depth_network(name, size):
    config = settings(name=name, size=size)
    if name == "paper":
        config = config.replace(network__width_multiplier=0.1)
    model = DepthStudent(config)
    model.build()
    assert not same(weights(model.teacher), weights(model.depth_net))
    model.take_teacher()
    assert same(weights(model.teacher), weights(model.depth_net))


def test_a_step_changes_depth_alone(batch):
    model = student()
    schedule.compile_model(model)
    before = {name: weights(getattr(model, name)) for name in (*NETWORKS, "teacher")}
    assert set(model.train_step((batch,))) == {"loss", "depth_distillation", "skipped_steps"}
    for name, old in before.items():
        assert same(old, weights(getattr(model, name))) == (name != "depth_net"), name
    assert len(model.trainable_variables) == len(model.depth_net.weights)


@pytest.fixture
def traced(eagerly):  # noqa: ARG001 (it ends here)
    """For a test of many steps."""
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)


@pytest.mark.usefixtures("traced")
def test_the_student_learns_the_teachers_labels(batch):
    """Trained repeatedly on one batch, the gap closes."""
    model = student(training__learning_rate=1e-3)
    schedule.compile_model(model)

    def gap():
        said = model(batch, training=True)
        return float(np.mean(distillation.depth_distillation(*said.values())))

    before, step = gap(), tf.function(model.train_step)
    for _ in range(60):
        step((batch,))
    assert gap() < 0.5 * before


def test_outside_training_the_student_predicts_like_a_dfnet(batch):
    model = student()
    plain = DFNet(settings("joint"))
    plain.build()
    for name in NETWORKS:
        getattr(plain, name).set_weights(getattr(model, name).get_weights())
    expected, found = plain(batch), model(batch, training=False)
    tf.nest.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), expected, found)


def test_a_run_keeps_motion_and_flow_and_changes_depth(begun_from, taught):
    origin, model = checkpoints.load_trained(begun_from), checkpoints.load_trained(taught)
    assert type(model) is DFNet and model.config.training.stage == "joint"
    for name in NETWORKS:
        unchanged = same(weights(getattr(origin, name)), weights(getattr(model, name)))
        assert unchanged == (name != "depth_net"), name


def test_a_resumed_run_has_the_same_teacher(clips, begun_from, taught, tmp_path):
    longer = settings().replace(training__epochs=2)
    expected = loop.train(longer, clips, tmp_path / "straight", [begun_from])
    found = loop.train(longer, clips, shutil.copytree(taught, tmp_path / "resumed"))
    origin = checkpoints.load_trained(begun_from)
    assert same(weights(found.teacher), weights(origin.depth_net))
    assert same(weights(found.depth_net), weights(expected.depth_net))


def test_a_distilled_run_can_be_published_and_used_for_init_from(taught, tmp_path):
    checkpoints.publish(checkpoints.load_trained(taught), taught, tmp_path)
    assert Config.load(tmp_path / "config.json") == Config.load(taught / "config.json")
    trained = checkpoints.load_trained(taught)
    for folder in (taught, tmp_path):
        model = student()
        checkpoints.start_from(model, [folder])
        for name in NETWORKS:
            found, expected = weights(getattr(model, name)), weights(getattr(trained, name))
            for weight, whole in zip(found, expected, strict=True):
                np.testing.assert_allclose(weight, whole, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_mixed_precision_the_loss_is_about_the_same(batch, precision):
    expected = student()
    keras.config.set_dtype_policy(precision)
    model = student(training__precision=precision)
    for network in ("depth_net", "teacher"):
        getattr(model, network).set_weights(weights(getattr(expected, network)))
    losses = [
        float(one.loss_terms(batch, one(batch, training=True))[0]) for one in (expected, model)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)


def test_distil_must_start_from_all_networks(clips, begun_from, tmp_path):
    with pytest.raises(checkpoints.RunError, match="--init_from .* depth_net, .* Received: none"):
        loop.train(settings(), clips, tmp_path)
    settings("depth").save(tmp_path / "config.json")
    (tmp_path / "checkpoints").symlink_to(begun_from / "checkpoints")
    with pytest.raises(checkpoints.RunError, match=f"trained flow_net, .* Received: {tmp_path}"):
        checkpoints.start_from(student(), [tmp_path])
