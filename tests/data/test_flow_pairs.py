"""Every layout of flow pairs is found, and an incomplete one is refused."""

import cv2
import numpy as np
import pytest

from dfnet_tf.data.clip import ClipError, ClipWriter, write_flow
from dfnet_tf.data.flow_pairs import read_flow_pairs

SIZE = (6, 8)


def write_image(path, grey):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*SIZE, 3), grey, np.uint8))


def write_truth(path, u):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_flow(path, np.full((*SIZE, 2), (u, -1.0)), np.ones(SIZE))


def write_kitti(root, images="image_2", names=("000003", "000045")):
    """Pair i: images of grey 10 i and 10 i + 1, flow u of i (noc) and i + 0.5 (occ)."""
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
