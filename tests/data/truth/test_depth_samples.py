"""Images with true depth are found in every layout, cropped to the same view, and counted."""

import numpy as np
import pytest
import scipy.io
from kitti_tree import write_raw_tree

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.files.truth_files import write_depth
from dfnet_tf.data.sources import kitti_splits, synthetic
from dfnet_tf.data.tfrecord_writer import write_records
from dfnet_tf.data.truth import make3d
from dfnet_tf.data.truth.depth_samples import read_depth_samples

DRIVE = "2011_09_26/2011_09_26_drive_0002_sync"
FRAMES = sorted(frame for drive, _, frame in kitti_splits.eigen_test() if drive == DRIVE)[:2]


def write_clip(folder, depth_of=(0, 1, 2), size=(12, 24), depth_size=(24, 48)):
    with ClipWriter(folder, image_type="png") as writer:
        writer.intrinsics = np.array([[20, 0, 11.5], [0, 20, 5.5], [0, 0, 1]])
        for i in range(3):
            depth = np.full(depth_size, 10.0 + i) if i in depth_of else None
            writer.add(np.full((*size, 3), i, np.uint8), depth=depth)


def test_a_clip_gives_the_frames_that_have_depth(tmp_path):
    write_clip(tmp_path / "b", depth_of=(1, 2))
    write_clip(tmp_path / "a", depth_of=())
    benchmark = read_depth_samples(tmp_path)
    assert (benchmark.name, benchmark.num_expected) == ("clips", 2)
    assert [sample.name for sample in benchmark.samples] == ["b/000001", "b/000002"]
    assert (benchmark.samples[0].image() == 1).all()
    assert (benchmark.samples[0].truth() == 11).all()


def test_frames_are_chosen_in_each_clip(tmp_path):
    write_clip(tmp_path / "a")
    write_clip(tmp_path / "b")
    samples = read_depth_samples(tmp_path, frames=range(2, 9)).samples
    assert [sample.name for sample in samples] == ["a/000002", "b/000002"]


def test_records_give_the_same_samples_as_their_clips(tmp_path):
    write_clip(tmp_path / "clips/a", depth_of=(0, 2))
    write_records(tmp_path / "clips", tmp_path / "records", num_shards=1)
    both = [read_depth_samples(tmp_path / kind).samples for kind in ("clips", "records")]
    for one, other in zip(*both, strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.truth(), other.truth())
        np.testing.assert_array_equal(one.image(), other.image())


def test_depth_of_another_view_is_refused_by_name(tmp_path):
    write_clip(tmp_path / "a", depth_size=(24, 44))
    (sample, *_) = read_depth_samples(tmp_path).samples
    with pytest.raises(ClipError, match="a/images/000000.png: expected .* 24x12 .*Received: 44x24"):
        sample.truth()


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """KITTI raw with two test images and one other, and the rendered clip they come from."""
    rendered = synthetic.render_clip(0, 3, 24, 80)
    root = tmp_path_factory.mktemp("raw")
    numbers = [*FRAMES, max(FRAMES) + 1]
    write_raw_tree(root, rendered, DRIVE, numbers)
    return root, rendered


def test_of_kitti_raw_the_test_images_are_taken_and_the_missing_counted(raw):
    root, rendered = raw
    benchmark = read_depth_samples(root)
    assert (benchmark.name, benchmark.num_expected) == ("kitti_eigen", 697)
    samples = {sample.name: sample for sample in benchmark.samples}
    assert sorted(samples) == [f"{DRIVE}/02/{frame:010d}" for frame in FRAMES]
    first = samples[f"{DRIVE}/02/{FRAMES[0]:010d}"]
    np.testing.assert_array_equal(first.image(), rendered.images[0])
    truth = first.truth()
    assert truth.shape == (24, 80)
    # One pixel up and left of its true place, measured from the scanner (see velodyne).
    seen = truth[:-1, :-1] > 0
    gap = (truth[:-1, :-1] - rendered.depth[0][1:, 1:])[seen]
    assert seen.mean() > 0.9
    assert np.median(np.abs(gap)) < 0.5


def test_improved_depth_takes_the_velodynes_place(raw, tmp_path):
    root, _ = raw
    folder = tmp_path / "val" / DRIVE.split("/")[1] / "proj_depth/groundtruth/image_02"
    folder.mkdir(parents=True)
    write_depth(folder / f"{FRAMES[1]:010d}.png", np.full((24, 80), 7.5))
    benchmark = read_depth_samples(root, improved_depth=tmp_path)
    assert (benchmark.name, benchmark.num_expected) == ("kitti_improved", 652)
    (sample,) = benchmark.samples
    assert sample.name.endswith(f"{FRAMES[1]:010d}")
    assert (sample.truth() == 7.5).all()


def write_make3d(root, names=("math7-p-139t0", "op1-p-015t0")):
    """Depth is the row's number, only in the fourth channel; images have their row in red."""
    (root / "Test134").mkdir(parents=True)
    (root / "Gridlaserdata").mkdir()
    grid = np.zeros((55, 305, 4))
    grid[..., 3] = np.arange(55)[:, None]
    image = np.zeros((142, 106, 3), np.uint8)  # A sixteenth of 2272 x 1704.
    image[..., 0] = np.arange(142)[:, None]
    for name in names:
        write_rgb(root / f"Test134/img-{name}.jpg", image)
        path = root / f"Gridlaserdata/depth_sph_corr-{name}.mat"
        scipy.io.savemat(path, {"Position3DGrid": grid})
    return root


def test_make3d_is_cut_to_the_middle_twice_as_wide_as_high(tmp_path):
    benchmark = read_depth_samples(write_make3d(tmp_path))
    assert (benchmark.name, benchmark.num_expected) == ("make3d", 134)
    assert [sample.name for sample in benchmark.samples] == ["math7-p-139t0", "op1-p-015t0"]
    sample = benchmark.samples[0]
    # As in published evaluations: rows 17 to 37 of 55, and 710 to 1561 of 2272.
    assert sample.truth()[:, 5].tolist() == list(range(17, 38))
    rows = sample.image()[:, 50, 0].astype(int)
    assert len(rows) == 53
    np.testing.assert_allclose(rows, np.arange(44, 97), atol=2)  # JPEG.
    full = make3d.central_rows(np.arange(2272))
    assert (full[0], full[-1]) == (710, 1561)


def test_make3ds_images_without_depth_are_missing(tmp_path):
    write_make3d(tmp_path)
    (tmp_path / "Gridlaserdata/depth_sph_corr-op1-p-015t0.mat").unlink()
    assert len(read_depth_samples(tmp_path).samples) == 1


@pytest.mark.parametrize("content", ["garbage", {"other": np.zeros(3)}, {"Position3DGrid": "x"}])
def test_a_damaged_mat_file_is_named(tmp_path, content):
    write_make3d(tmp_path, names=("a",))
    path = tmp_path / "Gridlaserdata/depth_sph_corr-a.mat"
    if isinstance(content, str):
        path.write_text(content)
    else:
        scipy.io.savemat(path, content)
    (sample,) = read_depth_samples(tmp_path).samples
    with pytest.raises(ClipError, match="depth_sph_corr-a.mat: expected .*Position3DGrid"):
        sample.truth()


def test_arguments_that_do_not_fit_the_layout_are_refused(raw, tmp_path):
    root, _ = raw
    write_clip(tmp_path / "clips/a")
    write_make3d(tmp_path / "make3d")
    with pytest.raises(ClipError, match="expected clips, of which frames can be chosen"):
        read_depth_samples(root, frames=range(2))
    for folder in ("clips", "make3d"):
        with pytest.raises(ClipError, match="expected KITTI's raw data, to which improved depth"):
            read_depth_samples(tmp_path / folder, improved_depth=tmp_path)


def test_a_folder_without_true_depth_is_refused(raw, tmp_path):
    root, _ = raw
    write_clip(tmp_path / "clips/a", depth_of=())
    for arguments in ((tmp_path / "clips",), (root, tmp_path)):
        with pytest.raises(ClipError, match="expected .*true depth.* Received: no image with"):
            read_depth_samples(*arguments)
    with pytest.raises(ClipError, match="no such folder"):
        read_depth_samples(tmp_path / "none")
