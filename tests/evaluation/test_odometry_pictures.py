import numpy as np

from dfnet_tf.evaluation import error_pictures


def test_each_clip_has_its_trajectory_and_if_long_enough_its_error_over_distance():
    rows = [{"length": 100.0, "translation_percent": 2.0, "rotation_deg_per_100m": 1.0}]
    line = np.arange(9).reshape(3, 3).tolist()
    results = {
        "trajectories": dict.fromkeys(
            ("long", "short"), {"ours": line, "trivial": line, "truth": line}
        ),
        "error_over_distance": {
            "long": {"ours": rows, "trivial": rows},
            "short": {"ours": [], "trivial": []},
        },
    }
    pictures = dict(error_pictures.odometry_pictures(results))
    expected = ["trajectory_long", "trajectory_short", "error_over_distance_long"]
    assert list(pictures) == [f"{name}.png" for name in expected]
    for picture in pictures.values():
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert picture.std() > 0
