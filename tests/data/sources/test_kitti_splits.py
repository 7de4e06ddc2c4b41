"""The shipped lists of frames are complete."""

import numpy as np

from dfnet_tf.data.sources import kitti_splits


def test_eigens_test_split_has_its_697_images_in_28_drives():
    images = kitti_splits.eigen_test()
    assert len(images) == len(set(images)) == 697
    assert {drive for drive, _, _ in images} == kitti_splits.EIGEN_TEST_DRIVES
    assert len(kitti_splits.EIGEN_TEST_DRIVES) == 28
    assert {camera for _, camera, _ in images} == {2}
    assert images[0] == ("2011_09_26/2011_09_26_drive_0002_sync", 2, 69)
    assert images[-1] == ("2011_10_03/2011_10_03_drive_0047_sync", 2, 768)


def test_eigen_took_25_images_a_drive_at_regular_steps():
    """A mistyped number would break the drive's step; ten true ones do, at the end of a stretch."""
    odd = 0
    for drive in kitti_splits.EIGEN_TEST_DRIVES:
        frames = sorted(frame for name, _, frame in kitti_splits.eigen_test() if name == drive)
        assert len(frames) == (22 if "drive_0048" in drive else 25)
        gaps = np.diff(frames)
        odd += np.count_nonzero(gaps % gaps.min())
    assert odd == 10


def test_the_flow_benchmarks_have_their_known_pairs():
    counts = {name: len(set(kitti_splits.flow_pairs(name))) for name in kitti_splits.FLOW_LISTS}
    assert counts == {
        "flow_2012_training": 89,
        "flow_2012_testing": 66,
        "flow_2015_training": 142,
    }
    for name in ("flow_2012_training", "flow_2012_testing"):  # Taken at every fifth frame.
        assert {first % 5 for _, first in kitti_splits.flow_pairs(name)} == {0}


def test_a_flow_pair_holds_its_neighbours_out():
    """The pairs of this drive begin at 10 and 59."""
    of = "2011_09_26/2011_09_26_drive_0005_sync"
    frames = {frame for drive, frame in kitti_splits.flow_benchmark_frames() if drive == of}
    assert frames == set(range(22)) | set(range(49, 71))
