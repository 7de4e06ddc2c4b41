"""Natural order of names, and the times in names."""

from pathlib import PurePath

import pytest

from dfnet_tf.data.files.natural_order import natural_key, seconds_in


@pytest.mark.parametrize(
    "names",
    [
        ["frame_0.png", "frame_2.png", "frame_10.png", "frame_11.png"],
        ["a.jpg", "a (1).jpg", "a (2).jpg", "a (10).jpg"],
        ["20240101_120000.jpg", "20240101_120000(1).jpg", "20240101_120000(2).jpg"],
        ["1.25.png", "1.5.png", "2.png", "10.125.png"],
        ["1305031102.175304.png", "1305031102.2.png", "1305031102.21.png"],
        ["cam_1305031102.25.png", "cam_1305031102.5.png"],
        ["clip1.9.png", "clip1.10.png"],  # Clip 1, frames 9 and 10.
        ["IMG_9.JPG", "img_10.jpg", "IMG_11.JPG"],
        ["2.png", "2b.png", "10.png"],
    ],
)
def test_people_count_so(names):
    for shuffled in (names[::-1], sorted(names)):
        assert sorted(shuffled, key=lambda name: natural_key(PurePath(name))) == names


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("1305031102.175304.png", 1305031102.175304),
        ("rgb_1305031102.5.png", 1305031102.5),
        ("0.25.png", 0.25),
        ("1403636579763555584.png", 1403636579.7635555),  # Nanoseconds.
        ("1403636579763555.png", 1403636579.763555),
        ("1403636579763.png", 1403636579.763),
        ("1403636579.png", 1403636579),
        ("0000000005.png", None),  # KITTI's frame numbers.
        ("000012.png", None),
        ("clip1.9.png", None),
        ("20240101120000.png", None),
    ],
)
def test_a_name_tells_its_time(name, seconds):
    assert seconds_in(PurePath(name)) == (None if seconds is None else pytest.approx(seconds))
