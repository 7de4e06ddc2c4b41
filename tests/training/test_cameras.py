"""Runs with learned intrinsics: batches, files, checkpoints, and refusals."""

import dataclasses
import itertools
import re

import numpy as np
import pytest

from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.sources import synthetic
from dfnet_tf.geometry import camera
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.training import averaging, cameras, checkpoints, loop, schedule

pytestmark = pytest.mark.usefixtures("eagerly")

GIVEN = preset("tiny").replace(
    data__height=32,
    data__width=64,
    data__flip=True,
    training__stage="depth",  # The flow network needs no camera, and half of the time.
    training__jit_loss=False,
    training__epochs=1,
    training__steps_per_epoch=2,
    training__learning_rate=0.01,
)
LEARNED = GIVEN.replace(data__intrinsics="learned")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two streets at twice the training size."""
    folder = tmp_path_factory.mktemp("streets")
    for seed, name in enumerate(["north", "south"]):
        synthetic.write_clip(synthetic.render_clip(seed, 4, 64, 128), folder / name)
    north, south = read_clips(folder)
    longer = south.intrinsics * np.array([[1.5], [1.5], [1]], "float32")
    return [north, dataclasses.replace(south, intrinsics=longer)]


@pytest.fixture(scope="module")
def run(clips, tmp_path_factory):
    """The folder and the model of a short run."""
    run_dir = tmp_path_factory.mktemp("run")
    return run_dir, loop.train(LEARNED, clips, run_dir)


def new_model():
    model = DFNet(LEARNED, num_cameras=2)
    model.build()
    return model


def test_batches_hold_the_crop_that_given_intrinsics_would_undergo(clips):
    kinds = [pipeline.training_batches(clips, config.data, seed=0) for config in (GIVEN, LEARNED)]
    known = pipeline.intrinsics_at_training_size(clips, GIVEN.data)
    for given, learned in itertools.islice(zip(*kinds, strict=True), 4):
        assert set(given) == {"images", "clean_images", "draws", "intrinsics"}
        assert set(learned) == {"images", "clean_images", "draws", "clip", "crop"}
        np.testing.assert_array_equal(given["clean_images"], learned["clean_images"])
        found = camera.intrinsics_after(learned["crop"], known[learned["clip"]])
        np.testing.assert_allclose(found, given["intrinsics"], rtol=1e-5)


def test_every_clip_has_its_file_in_pixels_of_its_own_images(clips, run):
    run_dir, model = run
    for one, learned in zip(clips, np.array(model.cameras.matrices()), strict=True):
        path = run_dir / "intrinsics" / f"{one.name}.txt"
        written = intrinsics_files.read_intrinsics(path, one.size)
        with pytest.raises(ClipError, match="expected intrinsics for images of "):
            intrinsics_files.read_intrinsics(path, (2 * one.size[0], one.size[1]))
        np.testing.assert_allclose(written, camera.scale_intrinsics(learned, 2.0, 2.0), rtol=1e-6)
        change = np.abs(written[0, 0] / one.intrinsics[0, 0] - 1)
        assert 1e-3 < change < 0.2  # Two steps away from the guess.


def test_the_epochs_line_shows_the_focal_length(clips, run, tmp_path):
    shown = {}
    files = cameras.IntrinsicsFiles(tmp_path, clips, LEARNED.data)
    files.set_model(run[1])
    with averaging.averaged(run[1]):  # As during training.
        files.on_epoch_end(0, shown)
    assert shown["focal_x"] == pytest.approx(run[1].cameras.matrices()[:, 0, 0].numpy().mean())


def test_checkpoints_hold_the_cameras_and_their_optimizer_state(run):
    run_dir, trained = run
    model = new_model()
    schedule.compile_model(model)
    assert checkpoints.restore(model, run_dir) == 2
    averaging.exchange(model)  # After training, a model has its averages.
    np.testing.assert_array_equal(model.cameras.free, trained.cameras.free)
    for restored, expected in zip(
        model.optimizer.variables, trained.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(restored, expected)


def test_other_runs_load_only_the_networks(run):
    run_dir, trained = run
    model = new_model()
    model.cameras.free.assign(np.full([2, 3], 0.25))
    checkpoints.start_from(model, [run_dir])
    assert (np.array(model.cameras.free) == 0.25).all()
    expected = trained.depth_net.get_weights()
    for loaded in (model, checkpoints.load_trained(run_dir)):  # The latter is for predicting.
        for weights, others in zip(loaded.depth_net.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(weights, others)


def test_a_run_resumes_only_with_its_clips_in_their_order(clips, run):
    run_dir, _ = run
    cameras.claim_clips(run_dir, clips)
    with pytest.raises(checkpoints.RunError, match="north, south. Received: south, north"):
        loop.train(LEARNED.replace(training__epochs=2), clips[::-1], run_dir)


def test_clips_of_one_name_are_refused(clips, tmp_path):
    with pytest.raises(checkpoints.RunError, match="different names.*Received: .* north"):
        cameras.claim_clips(tmp_path, [clips[0], clips[0]])
    assert not list(tmp_path.iterdir())


def test_training_with_guessed_intrinsics_prints_a_warning(clips, run_main, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "train", lambda *_: None)
    path = clips[0].folder / "intrinsics.txt"
    numbers = path.read_text()

    def train(mode):
        flags = f"--data={clips[0].folder}", f"--run_dir={tmp_path}", f"--intrinsics={mode}"
        return run_main("dfnet_tf.train", *flags)

    assert train("given")[2] == ""
    path.write_text("# guessed: 60 degrees\n" + numbers)
    status, _, warning = train("given")
    path.write_text(numbers)
    assert status == 0 and len(warning.splitlines()) == 1
    assert re.search(r"have guessed intrinsics, for example .*north; --intrinsics=learned", warning)


def test_learned_intrinsics_are_announced(clips, run_main, monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "train", lambda *_: None)
    path = clips[0].folder / "intrinsics.txt"
    numbers = path.read_text()
    path.write_text("# guessed: 60 degrees\n" + numbers)
    flags = f"--data={clips[0].folder}", f"--run_dir={tmp_path}", "--intrinsics=learned"
    _, output, warning = run_main("dfnet_tf.train", *flags)
    path.write_text(numbers)
    assert f"{tmp_path}/intrinsics" in output and warning == ""


def test_clips_get_the_intrinsics_that_the_last_run_learned(clips, tmp_path):
    for run, name, focal in (("a", "north", 50), ("b", "north", 60), ("a", "elsewhere", 70)):
        folder = tmp_path / run / "intrinsics"
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / f"{name}.txt", [[focal, 0, 63.5], [0, focal, 31.5], [0, 0, 1]])
    guessed = [dataclasses.replace(one, intrinsics_guessed=True) for one in clips]
    north, south = cameras.with_learned(guessed, [tmp_path / "a", tmp_path / "b"])
    assert north.intrinsics[0, 0] == 60 and north.intrinsics.dtype == np.float32
    assert not north.intrinsics_guessed and south is guessed[1]
