"""Teacher `film`: networks learn the geometry of their own films."""

import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf
import whole_inputs

from dfnet_tf import stages
from dfnet_tf.config import ConfigError
from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.batches.labels import Labels
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.sources import synthetic
from dfnet_tf.film import depth
from dfnet_tf.film.labels import FilmLabels
from dfnet_tf.losses import distillation
from dfnet_tf.models.film_student import NUM_DRAWS, FilmStudent
from dfnet_tf.models.flow_student import FlowStudent
from dfnet_tf.presets import preset
from dfnet_tf.program.interruption import Interrupted, Request
from dfnet_tf.training import checkpoints, film_teacher, loop, runtime, schedule
from dfnet_tf.training.checkpoints import RunError

pytestmark = pytest.mark.usefixtures("eagerly")

NETWORKS = ("depth_net", "pose_net", "flow_net")
SIZE = (32, 64)


def settings(**changes):
    return stages.staged(preset("tiny"), "distil", "film").replace(
        data__height=SIZE[0],
        data__width=SIZE[1],
        data__batch_size=1,
        training__jit_loss=False,
        training__seed=7,  # Differs from the seed of the first run.
        **{"training__epochs": 1, "training__steps_per_epoch": 2, **changes},
    )


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    for seed in (101, 102):
        synthetic.write_clip(synthetic.render_clip(seed, 6, 48, 96), folder / f"street_{seed}")
    return read_clips(folder)


@pytest.fixture(scope="module")
def films(rendered, tmp_path_factory):
    """The rendered clips without their true depth, so that their geometry has to be found."""
    folder = tmp_path_factory.mktemp("films")
    without_depth = shutil.ignore_patterns("depth")
    for clip in rendered:
        shutil.copytree(clip.folder, folder / clip.name, ignore=without_depth)
    return read_clips(folder)


@pytest.fixture(scope="module")
def begun_from(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "joint"
    whole_inputs.write_run(folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def every_film_teaches():
    """Replaces a film's own geometry: the network's prediction, tilted, with high confidence."""

    def film_depths(frames, disparity, intrinsics):
        del intrinsics
        for frame in frames:
            prior = disparity(frame)
            tilted = np.log(prior) + np.linspace(-1, 1, prior.shape[1], dtype="float32")
            yield depth.FilmDepth(tilted, np.full_like(prior, 0.75), 0.1, {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(depth, "film_depths", film_depths)
        yield


@pytest.fixture(scope="module")
def taught(films, begun_from, tmp_path_factory):
    """The folder of a run that learned from its films."""
    folder = tmp_path_factory.mktemp("runs") / "taught"
    loop.train(settings(), films, folder, [begun_from])
    return folder


@pytest.fixture(scope="module")
def labelled():
    """A different label for every frame: a ramp, and a step in confidence."""

    def read(number, frame):
        x, y = np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))
        return np.float32(np.stack([0.1 * x + 0.01 * y + number + 7 * frame, y > 16], axis=-1))

    return Labels(read)


def batches(films, labelled, **changes):
    data = settings(**changes).data
    return pipeline.training_batches(films, data, seed=3, labels=labelled)


def weights(network):
    return [np.array(weight) for weight in network.weights]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_a_batch_has_single_frames_with_their_labels(films, labelled):
    batch = next(iter(batches(films, labelled)))
    frames = settings().data.num_frames
    assert batch["images"].shape == (frames, 1, *SIZE, 3)
    assert batch["labels"].shape == (frames, 1, *SIZE, 2)
    assert batch["draws"].shape == (frames, 1, NUM_DRAWS)


@pytest.mark.parametrize("flip", [False, True])
def test_labels_move_with_their_frames(films, labelled, flip):
    """A ramp in x and y shows where each pixel came from; the intrinsics show where it went."""
    data = settings(data__flip=flip).data
    before = pipeline.intrinsics_at_training_size(films, data)[0]
    directions = set()
    for batch in pipeline.training_batches(films, data, seed=3, labels=labelled).take(6):
        labels, cameras = batch["labels"].numpy()[:, 0], batch["intrinsics"].numpy()
        for label, after in zip(labels, cameras, strict=True):
            slope = (label[8, -5, 0] - label[8, 4, 0]) / (SIZE[1] - 9)
            zoom = after[0, 0] / before[0, 0]
            np.testing.assert_allclose(abs(slope), 0.1 / zoom, rtol=2e-3)
            directions.add(np.sign(slope))
    assert directions == ({1.0, -1.0} if flip else {1.0})


def test_the_same_batches_come_again_at_any_step(films, labelled):
    data = settings().data
    straight = list(pipeline.training_batches(films, data, 3, labels=labelled).take(3))
    late = next(iter(pipeline.training_batches(films, data, 3, first_step=2, labels=labelled)))
    for name in straight[2]:
        np.testing.assert_array_equal(straight[2][name], late[name])


def test_half_of_the_frames_are_patchworks_and_labels_are_cut_alike(films, labelled):
    model = FilmStudent(settings())
    model.build()
    batch = dict(next(iter(batches(films, labelled))))
    draws = batch["draws"].numpy()
    draws[:, :, -1] = [[0.1], [0.9], [0.9]]
    said = model({**batch, "draws": draws}, training=True)
    np.testing.assert_allclose(said["taught"][1:], batch["labels"][1:, 0])
    assert not np.allclose(said["taught"][0], batch["labels"][0, 0], atol=0.05)
    whole = model.depth_net(batch["images"][1:, 0])[0]
    np.testing.assert_allclose(said["disparities_seen"][0][1:], whole, atol=1e-5)


def test_labels_stay_exact_when_the_networks_compute_in_bfloat16(films, labelled):
    with runtime.dtype_policy("mixed_bfloat16"):
        model = FilmStudent(settings())
        model.build()
        schedule.compile_model(model)
        batch = dict(next(iter(batches(films, labelled))))
        batch["draws"] = tf.ones_like(batch["draws"])  # No patchworks.
        said = model(batch, training=True)
        assert np.isfinite(float(model.train_step((batch,))["loss"]))
    np.testing.assert_array_equal(said["taught"], batch["labels"][:, 0])


def test_a_step_changes_depth_alone(films, labelled):
    model = FilmStudent(settings())
    model.build()
    schedule.compile_model(model)
    before = {name: weights(getattr(model, name)) for name in NETWORKS}
    logs = model.train_step((next(iter(batches(films, labelled))),))
    assert set(logs) == {"loss", "film_depth", "depth_edges", "depth_unit", "skipped_steps"}
    for name, old in before.items():
        assert same(old, weights(getattr(model, name))) == (name != "depth_net"), name


def test_the_loss_is_zero_for_the_label_at_any_scale():
    rng = np.random.default_rng(0)
    labels = np.float32(np.stack([rng.normal(size=(2, 8, 8)), rng.uniform(size=(2, 8, 8))], -1))
    scale = np.float32([[[[3.0]]], [[[0.2]]]])
    found = distillation.film_depth(labels, [scale * np.exp(labels[..., :1])], 0.5)
    np.testing.assert_allclose(found, 0.0, atol=1e-5)


def test_a_confident_pixel_has_three_times_the_weight_of_an_unsure_one():
    labels = np.zeros((1, 4, 4, 2), "float32")
    labels[0, 0, 0, 1] = 1.0  # Sure.
    wrong = np.zeros((2, 1, 4, 4, 1), "float32")
    wrong[0, 0, 0, 0], wrong[1, 0, 1, 1] = 0.1, 0.1
    sure, unsure = (distillation.film_depth(labels, [np.exp(gap)], 0.5)[0] for gap in wrong)
    # Of weights that sum to 1: w |0.1 - 0.1 w| + (1 - w) 0.1 w = 0.2 w (1 - w).
    heavy, light = 1.5 / 9.0, 0.5 / 9.0
    np.testing.assert_allclose(sure, 0.2 * heavy * (1 - heavy), rtol=1e-4)
    np.testing.assert_allclose(unsure, 0.2 * light * (1 - light), rtol=1e-4)


def test_a_run_keeps_motion_and_flow_and_changes_depth(films, begun_from, taught):
    origin, model = checkpoints.load_trained(begun_from), checkpoints.load_trained(taught)
    for name in NETWORKS:
        unchanged = same(weights(getattr(origin, name)), weights(getattr(model, name)))
        assert unchanged == (name != "depth_net"), name
    assert len(list(taught.glob("labels/step_00000000/*/*.png"))) == sum(map(len, films))


def test_films_and_clips_with_flow_teach_flow_together(films, begun_from, tmp_path, monkeypatch):
    """In stage flow, a film's label is its flow; a clip with flow/ keeps its true flow."""

    def film_depths(frames, disparity, intrinsics):
        del disparity, intrinsics
        flow = np.broadcast_to(np.float32([2.0, 0.0, 0.5]), (48, 96, 3))
        for _ in frames:
            yield depth.FilmDepth(np.zeros((48, 96)), np.ones((48, 96)), 0.1, {}, lambda: flow)

    monkeypatch.setattr(depth, "film_depths", film_depths)
    shutil.copytree(films[0].folder, tmp_path / "clips/film")
    shutil.rmtree(tmp_path / "clips/film/flow")
    shutil.copytree(films[1].folder, tmp_path / "clips/street")
    clips, run_dir = read_clips(tmp_path / "clips"), tmp_path / "run"
    config = stages.staged(settings(), "flow", "film").replace(
        training__epochs=1, training__steps_per_epoch=2
    )
    loop.train(config, clips, run_dir, [begun_from])
    origin, model = checkpoints.load_trained(begun_from), checkpoints.load_trained(run_dir)
    for name in NETWORKS:
        unchanged = same(weights(getattr(origin, name)), weights(getattr(model, name)))
        assert unchanged == (name != "flow_net"), name
    student = FlowStudent(config)
    student.build()
    taught, labels = film_teacher.lesson(student, clips, run_dir, 1, Request())
    assert [clip.name for clip in taught] == ["film", "street"]
    np.testing.assert_allclose(labels.read(0, 1)[0, 0], [2.0 * 64 / 96, 0.0, 0.5], atol=0.02)
    true, _ = clips[1].flow(1)
    np.testing.assert_allclose(labels.read(1, 1)[0, 0, :2], true[0, 0] * 2 / 3, rtol=1e-4)
    assert labels.read(1, 1)[0, 0, 2] == 1


def test_rendered_clips_teach_their_true_depth_beside_films(films, rendered, begun_from, tmp_path):
    clips, run_dir = [films[0], rendered[1]], tmp_path / "run"
    loop.train(settings(), clips, run_dir, [begun_from])
    student = FilmStudent(settings())
    student.build()
    taught, labels = film_teacher.lesson(student, clips, run_dir, 1, Request())
    assert taught == clips
    stored = FilmLabels(run_dir / "labels/step_00000000", [films[0]], SIZE)
    np.testing.assert_array_equal(labels.read(0, 3), stored.read(0, 3))
    assert (labels.read(1, 3)[..., 1] == 1).all()
    np.testing.assert_allclose(
        np.exp(-labels.read(1, 3)[::2, ::2, 0]), rendered[1].depth(3)[::3, ::3], rtol=1e-5
    )
    assert not (stored.folder / f"001_{rendered[1].name}").exists()  # No label of it is made.


def test_runs_with_one_start_share_labels(films, begun_from, tmp_path, monkeypatch):
    shared = tmp_path / "shared"
    first = loop.train(settings(), films, tmp_path / "first", [begun_from], shared_labels=shared)
    (made,) = shared.iterdir()

    def never(*_):
        raise AssertionError("a label was made again")

    monkeypatch.setattr(FilmLabels, "_write", never)
    second = loop.train(settings(), films, tmp_path / "second", [begun_from], shared_labels=shared)
    assert same(weights(first.depth_net), weights(second.depth_net))
    link = tmp_path / "second/labels/step_00000000"
    assert link.is_symlink() and link.resolve() == made.resolve()
    shutil.rmtree(tmp_path / "second")  # The labels of the other run stay.
    assert FilmLabels(made, films, SIZE).are_whole


def test_labels_of_other_clips_lie_beside_the_shared_ones(films, begun_from, tmp_path):
    shared = tmp_path / "shared"
    loop.train(settings(), films, tmp_path / "first", [begun_from], shared_labels=shared)
    loop.train(settings(), films[:1], tmp_path / "second", [begun_from], shared_labels=shared)
    assert len(list(shared.iterdir())) == 2
    resumed = settings(training__epochs=2)  # Its network is no longer the one of the labels.
    loop.train(resumed, films, tmp_path / "first", shared_labels=shared)
    assert len(list(shared.iterdir())) == 2


def test_each_round_makes_labels_of_its_own_and_a_resumed_run_is_the_same(
    films, begun_from, tmp_path
):
    longer = settings(training__epochs=2, training__rounds=2)
    straight = loop.train(longer, films, tmp_path / "straight", [begun_from])
    rounds = sorted(path.name for path in (tmp_path / "straight/labels").iterdir())
    assert rounds == ["step_00000000", "step_00000002"]
    read = FilmLabels(tmp_path / "straight/labels" / rounds[0], films, SIZE).read
    again = FilmLabels(tmp_path / "straight/labels" / rounds[1], films, SIZE).read
    assert not np.array_equal(read(0, 2), again(0, 2))

    stopped = tmp_path / "stopped"
    shutil.copytree(tmp_path / "straight", stopped)
    (newest,) = stopped.glob("checkpoints/step_00000004*")
    newest.unlink()
    shutil.rmtree(stopped / "labels/step_00000002")
    resumed = loop.train(longer, films, stopped)
    assert same(weights(resumed.depth_net), weights(straight.depth_net))


def test_labels_missing_in_the_middle_of_a_round_are_reported(films, taught, tmp_path):
    run_dir = shutil.copytree(taught, tmp_path / "run")
    shutil.rmtree(run_dir / "labels")
    longer = settings(training__epochs=2)
    with pytest.raises(RunError, match="expected the labels with which training began"):
        loop.train(longer, films, run_dir)


def test_a_signal_stops_the_making_of_labels_and_the_same_call_continues(
    films, begun_from, tmp_path, monkeypatch
):
    write = FilmLabels._write

    def asked_to_end(self, number, frame, label):
        write(self, number, frame, label)
        if (number, frame) == (1, 2):
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(FilmLabels, "_write", asked_to_end)
    with pytest.raises(Interrupted, match="stopped while labels were made"):
        loop.train(settings(), films, tmp_path, [begun_from])
    made = sorted(tmp_path.glob("labels/*/*/*.png"))
    assert len(made) == 6 + 3
    times = [path.stat().st_mtime_ns for path in made]
    monkeypatch.setattr(FilmLabels, "_write", write)
    loop.train(settings(), films, tmp_path, [begun_from])
    assert [path.stat().st_mtime_ns for path in made] == times


def test_labels_of_paper_are_halved_with_its_frames(films):
    config = stages.staged(preset("paper"), "distil", "film").replace(
        data__height=128,
        data__width=128,
        data__batch_size=1,
        network__width_multiplier=0.1,
        training__jit_loss=False,
    )
    model = FilmStudent(config)
    model.build()
    unlabelled = pipeline.training_batches(
        films, config.data, seed=3, labels=Labels(lambda *_: np.zeros((128, 128, 2), "float32"))
    )
    rows = np.float32(np.arange(128) % 2)[:, None, None]  # Neighbours average to 1/2.
    labels = np.broadcast_to(rows, (5, 1, 128, 128, 2))
    said = model({**next(iter(unlabelled)), "labels": labels}, training=True)
    np.testing.assert_allclose(said["taught"], np.full((5, 64, 64, 2), 0.5), atol=1e-5)
    assert said["disparities_seen"][0].shape == (5, 64, 64, 1)


def test_films_that_show_no_depth_are_reported(films, begun_from, tmp_path):
    strict = settings().replace(training__least_confidence=1.0)
    with pytest.raises(ClipError, match="a film that shows depth.*street_101 is left out"):
        loop.train(strict, films, tmp_path, [begun_from])


def test_rounds_begin_with_an_epoch():
    changes = {"epochs": 5, "rounds": 2, "steps_per_epoch": 10}
    training = settings(**{f"training__{name}": value for name, value in changes.items()}).training
    begins = [film_teacher.first_step_of_round(step, training) for step in (0, 19, 20, 21, 49)]
    assert begins == [0, 0, 20, 20, 20]


def test_settings_that_contradict_are_refused():
    with pytest.raises(ConfigError, match="a teacher of network in stage joint. Received: film"):
        preset("tiny").replace(training__teacher="film")
    with pytest.raises(ConfigError, match="rounds from 1 to the number of epochs"):
        settings(training__rounds=2)
    with pytest.raises(ConfigError, match="a teacher of network, film, truth"):
        settings(training__teacher="nobody")
