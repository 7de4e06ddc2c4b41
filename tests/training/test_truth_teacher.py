"""The truth of rendered clips as labels of flow and depth."""

import shutil

import cv2
import numpy as np
import pytest
from untrained_run import write_untrained_run

from dfnet_tf import stages
from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.sources import flying_shapes
from dfnet_tf.geometry import scene_flow
from dfnet_tf.models.kinds import model_of
from dfnet_tf.presets import preset
from dfnet_tf.training import loop, truth_teacher

pytestmark = pytest.mark.usefixtures("eagerly")

SIZE = 32, 64
CONFIG = stages.staged(preset("tiny"), "flow", "truth").replace(
    data__height=SIZE[0],
    data__width=SIZE[1],
    training__jit_loss=False,
    training__epochs=1,
    training__steps_per_epoch=3,
)


@pytest.fixture(scope="module")
def flying(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flying")
    for seed in range(3):
        flying_shapes.write_pair(seed, *SIZE, [], folder / str(seed))
    return read_clips(folder)


def test_labels_are_the_clips_flow_at_training_size(flying):
    taught, labels = truth_teacher.lesson(flying, (16, 128))
    label, (flow, _) = labels.read(1, 0), flying[1].flow(0)
    assert taught == flying and label.shape == (16, 128, 3)
    rows, columns = np.arange(16) * 2, np.arange(128) // 2  # The nearest pixels.
    expected = flow[rows][:, columns] * [2, 0.5]
    np.testing.assert_allclose(label[..., :2], expected, atol=1e-5)
    assert (label[..., 2] == 1).all()


@pytest.mark.parametrize("flip", [False, True])
def test_flow_is_cropped_scaled_and_mirrored_with_its_frames(flying, flip):
    """The label is the motion of the augmented frames."""
    data = CONFIG.replace(data__flip=flip, data__max_scale=1.6).data
    _, labels = truth_teacher.lesson(flying, SIZE)
    along = {1: 0.0, 0: 0.0, -1: 0.0}
    for batch in pipeline.training_batches(flying, data, seed=3, labels=labels).take(6):
        assert batch["images"].shape[1] == 2 and batch["labels"].shape[1:] == (1, *SIZE, 3)
        pairs, taught = batch["clean_images"].numpy(), batch["labels"].numpy()[:, 0]
        for frames, label in zip(pairs, taught, strict=True):
            for factor in along:
                along[factor] += gap(frames, label, factor)
    assert along[1] < 0.8 * min(along[0], along[-1])


def gap(frames, label, factor):
    """Mean difference of the first frame and the second, sampled along `factor` times the flow."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    ends = np.rint(np.stack([x, y], -1) + factor * label[..., :2]).astype(int)
    inside = ((ends >= 0) & (ends < [SIZE[1], SIZE[0]])).all(axis=-1)
    read = frames[1][ends[inside][:, 1], ends[inside][:, 0]]
    return np.abs(read - frames[0][inside]).mean()


def test_labels_of_depth_are_log_disparities_and_what_is_known(clips):
    _, labels = truth_teacher.lesson(clips, (24, 64), "depth")
    clip, (height, width) = clips[0], clips[0].size
    label = labels.read(0, 1)
    assert label.shape == (24, 64, 2) and labels.num_frames == 1
    rows, columns = np.arange(24) * height // 24, np.arange(64) * width // 64
    np.testing.assert_allclose(np.exp(-label[..., 0]), clip.depth(1)[rows][:, columns], rtol=1e-5)
    assert (label[..., 1] == 1).all()


def test_the_sky_is_as_far_as_the_farthest_depth(clips, tmp_path):
    far = shutil.copytree(clips[0].folder, tmp_path / "clip")
    for path in (far / "depth").iterdir():
        depth = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        depth[:4], depth[4:8] = 200 * 256, 79 * 256
        cv2.imwrite(str(path), depth)
    clip = read_clips(far)[0]
    _, labels = truth_teacher.lesson([clip], clip.size, "depth")
    np.testing.assert_allclose(
        np.exp(-labels.read(0, 0)[[0, 5], :, 0]).T, [[80, 79]] * clip.size[1], rtol=1e-4
    )


def test_the_sparse_depth_of_a_scanner_does_not_teach(clips, tmp_path):
    scanned = shutil.copytree(clips[0].folder, tmp_path / "clip")
    for path in (scanned / "depth").iterdir():
        depth = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        depth[: depth.shape[0] // 3] = 0  # Nothing in the sky.
        cv2.imwrite(str(path), depth)
    with pytest.raises(ClipError, match="depth/ of every pixel.*Received: 1 clips without"):
        truth_teacher.lesson(read_clips(scanned), SIZE, "depth")


def test_depth_learns_from_truth_alone(clips, tmp_path):
    config = stages.staged(CONFIG, "distil", "truth").replace(
        training__epochs=1, training__steps_per_epoch=2
    )
    start = write_untrained_run(tmp_path / "start", stages.staged(CONFIG, "joint"))
    model = loop.train(config, clips, tmp_path / "run", [start])
    assert len(model.trainable_variables) == len(model.depth_net.trainable_variables)
    terms = ["film_depth", "depth_edges", "depth_unit"]
    assert [tracker.name for tracker in model.term_trackers] == terms
    assert not (tmp_path / "run/labels").exists()


def test_only_the_flow_network_learns_and_its_error_is_logged(flying, tmp_path):
    model = loop.train(CONFIG, flying, tmp_path)
    assert len(model.trainable_variables) == len(model.flow_net.trainable_variables)
    assert [tracker.name for tracker in model.term_trackers] == ["flow_error"]


def test_clips_without_flow_are_refused(clips, flying, tmp_path):
    shutil.copytree(clips[0].folder, tmp_path / "clip")
    shutil.rmtree(tmp_path / "clip/flow")
    untrue = read_clips(tmp_path / "clip")
    with pytest.raises(ClipError, match="clips with flow/.*Received: 1 clips without"):
        truth_teacher.lesson(untrue, SIZE)
    assert truth_teacher.lesson([*untrue, *flying], SIZE)[0] == flying


SUPERVISED = stages.staged(preset("tiny"), "supervised").replace(
    data__height=SIZE[0],
    data__width=SIZE[1],
    data__batch_size=2,
    data__flip=True,
    data__max_scale=1.3,
    training__jit_loss=False,
)


@pytest.fixture(scope="module")
def scene_batch(clips):
    taught, labels = truth_teacher.lesson(clips, SIZE, "scene")
    batches = pipeline.training_batches(taught, SUPERVISED.data, seed=0, labels=labels)
    return {name: values.numpy() for name, values in next(iter(batches)).items()}


def test_labels_of_a_scene_agree_with_each_other(scene_batch):
    """A camera that drives straight ahead moves all points of a still world alike."""
    label = scene_batch["labels"][:, 0]
    assert label.shape == (2, *SIZE, 6)
    depth, next_depth = np.exp(-label[..., :1]), np.exp(-label[..., 1:2])
    still = (label[..., 4] > 0) & (label[..., 5] > 0)
    assert still.mean() > 0.3
    moved = scene_flow.scene_flow(depth, next_depth, label[..., 2:4], scene_batch["intrinsics"])
    for sample, mask in zip(np.asarray(moved), still, strict=True):
        middle = np.median(sample[mask], axis=0)
        assert np.median(np.abs(sample[mask] - middle)) < 0.1 * abs(middle[2])
        assert middle[2] < -0.2


def test_true_predictions_have_no_supervised_error(scene_batch, clips):
    model = model_of(SUPERVISED)
    model.build()
    label = scene_batch["labels"][:, 0]
    depth, flow = np.exp(-label[..., :1]), label[..., 2:4]
    poses = clips[0].poses()
    motions = np.zeros((2, 1, 2, 6), "float32")
    motions[..., 2] = np.linalg.inv(poses[1])[2] @ poses[0][:, 3]  # The street is straight.
    motions[:, :, 1] *= -1

    def errors(motions=motions, depth=depth, flow=flow):
        said = {
            "disparities": [1 / np.stack([depth, depth], axis=1)],
            "motions": motions,
            "flows_forth": [flow],
        }
        return {
            name: float(value) for name, value in model.loss_terms(scene_batch, said)[1].items()
        }

    right = errors()
    assert right["depth_error"] < 1e-4 and right["flow_error"] < 0.02
    assert errors(motions=0 * motions)["motion_error"] > 2 * right["motion_error"]
    assert errors(motions=-motions)["motion_error"] > errors(0 * motions)["motion_error"]
    assert errors(flow=0 * flow)["flow_error"] > 10 * right["flow_error"]
    assert errors(flow=-flow)["scene_flow_error"] > 1.5 * right["scene_flow_error"]
    assert errors(depth=3 * depth)["depth_error"] == pytest.approx(np.log(3) / 2, rel=0.01)


def test_all_networks_learn_from_truth(clips, tmp_path):
    config = SUPERVISED.replace(training__epochs=1, training__steps_per_epoch=2)
    model = loop.train(config, clips, tmp_path)
    networks = model.depth_net, model.pose_net, model.flow_net
    expected = sum(len(network.trainable_variables) for network in networks)
    assert len(model.trainable_variables) == expected
    assert all(float(tracker.result()) > 0 for tracker in model.term_trackers)
