"""Every layout of flow pairs is found, and an incomplete one is refused."""

import shutil

import cv2
import numpy as np
import pytest

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.flo_files import write_flo
from dfnet_tf.data.files.truth_files import write_flow
from dfnet_tf.data.tfrecord_writer import write_records
from dfnet_tf.data.truth.flow_pairs import read_flow_pairs, read_test_pairs

SIZE = (6, 8)


def write_image(path, grey):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*SIZE, 3), grey, np.uint8))


def write_truth(path, u):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_flow(path, np.full((*SIZE, 2), (u, -1.0)), np.ones(SIZE))


def write_kitti(root, images="image_2", names=("000003", "000045")):
    """Pair i has images of grey 10 i and 10 i + 1, and flow u of i (noc) and i + 0.5 (occ)."""
    for i, name in enumerate(names):
        write_image(root / images / f"{name}_10.png", 10 * i)
        write_image(root / images / f"{name}_11.png", 10 * i + 1)
        write_truth(root / "flow_noc" / f"{name}_10.png", i)
        write_truth(root / "flow_occ" / f"{name}_10.png", i + 0.5)
    return root


def write_flat(root, names=("k_000003", "k_000045")):
    for i, name in enumerate(names):
        write_image(root / f"{name}_10.png", 10 * i)
        write_image(root / f"{name}_11.png", 10 * i + 1)
        write_truth(root / f"{name}_flow_noc.png", i)
    return root


def write_clip(folder, num_frames=3, flow_until=None):
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = np.array([[8, 0, 3.5], [0, 8, 2.5], [0, 0, 1]])
        for i in range(num_frames):
            has_flow = i < (num_frames - 1 if flow_until is None else flow_until)
            flow = np.full((*SIZE, 2), (i, -1.0)) if has_flow else None
            writer.add(np.full((*SIZE, 3), 10 * i, np.uint8), flow=flow)
    return folder


def us(pair):
    """The (constant) horizontal flow of each kind of truth."""
    return {kind: flow[0, 0, 0] for kind, (flow, valid) in pair.truth().items() if valid.all()}


@pytest.mark.parametrize("images", ["image_2", "colored_0", "image_0"])
@pytest.mark.parametrize("given", ["training", "."])
def test_kittis_own_layout(tmp_path, images, given):
    write_kitti(tmp_path / "training", images)
    pairs = read_flow_pairs(tmp_path / given)
    assert [pair.name for pair in pairs] == ["000003", "000045"]
    assert us(pairs[1]) == {"noc": 1.0, "occ": 1.5}
    assert (pairs[1].first() == 10).all()
    assert (pairs[1].second() == 11).all()


def test_colour_is_preferred_to_grey_and_other_frames_are_left_out(tmp_path):
    write_kitti(tmp_path, "image_0")
    for name in ("000003", "000045"):
        write_image(tmp_path / "colored_0" / f"{name}_10.png", 77)
        write_image(tmp_path / "colored_0" / f"{name}_11.png", 78)
        write_image(tmp_path / "colored_0" / f"{name}_12.png", 79)  # The multi-view extension.
    pairs = read_flow_pairs(tmp_path)
    assert len(pairs) == 2
    assert (pairs[0].first() == 77).all()


def test_a_flat_folder_with_any_prefix(tmp_path):
    write_flat(tmp_path)
    write_truth(tmp_path / "k_000045_flow_occ.png", 7.0)
    pairs = read_flow_pairs(tmp_path)
    assert [pair.name for pair in pairs] == ["k_000003", "k_000045"]
    assert [us(pair) for pair in pairs] == [{"noc": 0.0}, {"noc": 1.0, "occ": 7.0}]
    assert (pairs[1].second() == 11).all()


def test_a_clip_gives_a_pair_for_every_flow_file(tmp_path):
    clip = write_clip(tmp_path / "street", num_frames=4, flow_until=2)
    pairs = read_flow_pairs(clip)
    assert [pair.name for pair in pairs] == ["street/000000", "street/000001"]
    assert us(pairs[1]) == {"occ": 1.0}
    assert (pairs[1].first() == 10).all()
    assert (pairs[1].second() == 20).all()


def test_clips_of_a_folder_follow_each_other(tmp_path):
    write_clip(tmp_path / "b", num_frames=2)
    write_clip(tmp_path / "a", num_frames=3)
    write_clip(tmp_path / "c", flow_until=0)
    names = [pair.name for pair in read_flow_pairs(tmp_path)]
    assert names == ["a/000000", "a/000001", "b/000000"]


def test_records_give_the_same_pairs_as_their_clips(tmp_path):
    write_clip(tmp_path / "clips/a", num_frames=3)
    write_clip(tmp_path / "clips/b", num_frames=2)
    write_records(tmp_path / "clips", tmp_path / "records", num_shards=1)
    both = [read_flow_pairs(tmp_path / kind) for kind in ("clips", "records")]
    for one, other in zip(*both, strict=True):
        assert one.name == other.name
        assert us(one) == us(other)
        np.testing.assert_array_equal(one.second(), other.second())


@pytest.mark.parametrize("lost", ["image_2/000045_11.png", "image_2/000045_10.png"])
def test_a_pair_without_one_image_is_refused(tmp_path, lost):
    write_kitti(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(ClipError, match=f"{lost}: expected both images of the pair 000045"):
        read_flow_pairs(tmp_path)


def test_a_pair_without_any_truth_is_refused(tmp_path):
    write_flat(tmp_path)
    (tmp_path / "k_000003_flow_noc.png").unlink()
    with pytest.raises(ClipError, match="k_000003_10.png: expected its true flow.*flow_noc"):
        read_flow_pairs(tmp_path)


def test_flow_of_the_last_image_is_refused(tmp_path):
    write_clip(tmp_path / "a", num_frames=2, flow_until=2)
    with pytest.raises(ClipError, match="000001.png: expected two images"):
        read_flow_pairs(tmp_path / "a")


def test_a_folder_without_true_flow_is_refused(tmp_path):
    write_clip(tmp_path / "a", flow_until=0)
    for folder in (tmp_path, tmp_path / "a"):
        with pytest.raises(ClipError, match="expected pairs with true flow.*none of these"):
            read_flow_pairs(folder)
    with pytest.raises(ClipError, match="no such folder"):
        read_flow_pairs(tmp_path / "b")


# KITTI 2015's objects.


def test_an_object_map_divides_background_and_foreground(tmp_path):
    write_kitti(tmp_path)
    objects = np.zeros(SIZE, np.uint8)
    objects[:, :3] = 7  # A car's number.
    (tmp_path / "obj_map").mkdir()
    cv2.imwrite(str(tmp_path / "obj_map/000003_10.png"), objects)
    first, second = read_flow_pairs(tmp_path)
    truth = first.truth()
    assert list(truth) == ["noc", "noc_bg", "noc_fg", "occ", "occ_bg", "occ_fg"]
    for kind in ("noc", "occ"):
        np.testing.assert_array_equal(truth[f"{kind}_fg"][1], objects > 0)
        np.testing.assert_array_equal(truth[f"{kind}_bg"][1], objects == 0)
        assert truth[f"{kind}_fg"][0] is truth[kind][0]
    assert list(second.truth()) == ["noc", "occ"]


def test_an_object_map_of_another_size_is_refused(tmp_path):
    write_kitti(tmp_path)
    (tmp_path / "obj_map").mkdir()
    cv2.imwrite(str(tmp_path / "obj_map/000003_10.png"), np.zeros((6, 9), np.uint8))
    with pytest.raises(ClipError, match=r"000003_10.png: expected the size of the true.*\[6, 9\]"):
        read_flow_pairs(tmp_path)[0].truth()


# Sintel and Middlebury.


def write_mask(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros(SIZE, np.uint8)
    mask[:, columns] = 255
    cv2.imwrite(str(path), mask)


def write_sintel(root, part="training", passes=("clean", "final"), flow=True):
    """Three frames of a scene; the left column's flow is invalid, the next two are occluded."""
    for i, name in enumerate(("frame_0001", "frame_0002", "frame_0003")):
        for number, kind in enumerate(passes):
            write_image(root / part / kind / f"alley_1/{name}.png", 100 * number + i)
        if flow and i < 2:
            path = root / part / f"flow/alley_1/{name}.flo"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_flo(path, np.full((*SIZE, 2), (i, -1.0)), np.ones(SIZE))
            write_mask(root / part / f"invalid/alley_1/{name}.png", slice(0, 1))
            write_mask(root / part / f"occlusions/alley_1/{name}.png", slice(1, 3))
    return root


@pytest.mark.parametrize("given", [".", "training"])
def test_sintels_passes_are_groups_of_their_own(tmp_path, given):
    pairs = read_flow_pairs(write_sintel(tmp_path) / given)
    names = [f"alley_1/frame_000{i}" for i in (1, 2)]
    assert [pair.name for pair in pairs] == [f"{k}/{n}" for k in ("clean", "final") for n in names]
    assert [int(pair.first()[0, 0, 0]) for pair in pairs] == [0, 1, 100, 101]
    assert [int(pair.second()[0, 0, 0]) for pair in pairs] == [1, 2, 101, 102]
    truth = pairs[3].truth()
    assert list(truth) == ["final_all", "final_noc", "final_occluded"]
    counts = {group: int(valid[0].sum()) for group, (_, valid) in truth.items()}
    assert counts == {"final_all": 7, "final_noc": 5, "final_occluded": 2}
    assert (truth["final_all"][0] == (1, -1)).all()


def test_one_pass_of_sintel_alone(tmp_path):
    pairs = read_flow_pairs(write_sintel(tmp_path) / "training/final")
    assert len(pairs) == 2
    assert list(pairs[0].truth()) == ["final_all", "final_noc", "final_occluded"]


def test_a_sintel_frame_without_its_successor_is_refused(tmp_path):
    write_sintel(tmp_path, passes=("clean",))
    (tmp_path / "training/clean/alley_1/frame_0003.png").unlink()
    with pytest.raises(ClipError, match="frame_0003.png: expected both images of the pair clean"):
        read_flow_pairs(tmp_path)


def test_middleburys_public_sequences(tmp_path):
    for name in ("Venus", "Walking"):  # The truth of Walking is not public.
        for number in (10, 11):
            write_image(tmp_path / f"other-data/{name}/frame{number}.png", number)
    path = tmp_path / "other-gt-flow/Venus/flow10.flo"
    path.parent.mkdir(parents=True)
    known = np.ones(SIZE)
    known[2, 2] = 0
    write_flo(path, np.full((*SIZE, 2), (2.0, 0.5)), known)
    (pair,) = read_flow_pairs(tmp_path)
    assert (pair.name, pair.first()[0, 0, 0], pair.second()[0, 0, 0]) == ("Venus", 10, 11)
    flow, valid = pair.truth()["all"]
    np.testing.assert_array_equal(valid, known)
    assert flow[0, 0].tolist() == [2.0, 0.5]


# Test sets.


@pytest.mark.parametrize("given", [".", "testing"])
def test_kittis_test_set_has_images_and_the_names_its_server_wants(tmp_path, given):
    write_kitti(tmp_path / "training")  # Must not be taken for the test set.
    write_kitti(tmp_path / "testing", names=("000007",))
    for folder in ("flow_noc", "flow_occ"):
        shutil.rmtree(tmp_path / "testing" / folder)
    (pair,) = read_test_pairs(tmp_path / given)
    assert (pair.name, pair.submission, pair.truth()) == ("000007", "000007_10.png", {})
    assert (pair.second() == 1).all()


def test_sintels_test_set_pairs_consecutive_frames(tmp_path):
    write_sintel(tmp_path, part="test", flow=False)
    pairs = read_test_pairs(tmp_path)
    assert [pair.submission for pair in pairs] == [
        f"{kind}/alley_1/frame000{i}.flo" for kind in ("clean", "final") for i in (1, 2)
    ]
    assert [int(pair.second()[0, 0, 0]) for pair in pairs] == [1, 2, 101, 102]


def test_what_is_no_test_set_is_refused(tmp_path):
    with pytest.raises(ClipError, match="expected KITTI's testing/image_2.*none of these"):
        read_test_pairs(tmp_path)
    with pytest.raises(ClipError, match="no such folder"):
        read_test_pairs(tmp_path / "none")
