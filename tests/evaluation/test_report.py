"""The printed table and the numbers beside it."""

import pytest

from dfnet_tf.evaluation import depth_metrics, report


def result(task, groups, **extra):
    samples = [{"name": "a", "ours": groups, "trivial": groups}]
    return report.summarise(task, samples, lambda _, errors: errors[0]) | extra


def rows(results):
    return [line.split() for line in report.table(results).splitlines()]


def test_every_metric_stands_beside_trivial_and_published_numbers():
    groups = {"snippet": {"ate": 0.5, "rmse": 0.25}, "trajectory": {"translation_percent": None}}
    lines = report.table(result("odometry", groups)).splitlines()
    assert lines[0].split() == ["odometry", "ours", "trivial", "DF-Net", "09", "DF-Net", "10"]
    assert lines[1] == "snippet (1 samples)"
    assert lines[2].split() == ["ate", "0.5000", "0.5000", "0.0170", "0.0150"]
    assert lines[3].split() == ["rmse", "0.2500", "0.2500", "-", "-"]
    assert lines[5].split() == ["translation_percent"] + ["-"] * 4
    assert len({len(line) for line in lines if line.startswith("  ")} | {len(lines[0])}) == 1
    assert lines[-1].startswith("Published: ")


def depth_groups(cap):
    return {f"{cap}m": dict.fromkeys(depth_metrics.METRICS, 0.25)}


def test_a_benchmark_has_its_own_published_numbers():
    eigen = rows(result("depth", depth_groups(80), benchmark="kitti_eigen"))
    assert eigen[2] == ["abs_rel", "0.2500", "0.2500", "0.1500", "0.1460", "0.1452"]
    assert any("GeoNet" in line for line in eigen)
    make3d = rows(result("depth", depth_groups(70), benchmark="make3d"))
    assert make3d[2] == ["abs_rel", "0.2500", "0.2500", "0.3310", "0.3220"]


@pytest.mark.parametrize(
    "results",
    [
        result("depth", depth_groups(80), benchmark="kitti_improved"),
        result("flow", {"clean_all": {"epe": 1.0}}),
        result("a new task", {"all": {"error": 1.0}}),
    ],
)
def test_nothing_published_stands_where_nothing_is_comparable(results):
    header, *_, last = report.table(results).splitlines()
    assert header.split()[-2:] == ["ours", "trivial"]
    assert "Published" not in last and "Later" not in last


def test_notes_are_printed_below_the_numbers():
    lines = report.table(result("a new task", {"all": {"error": 1.0}}, notes=["Two", "Three"]))
    assert lines.splitlines()[-2:] == ["Two", "Three"]


def test_a_group_is_averaged_over_the_samples_that_have_it():
    samples = [
        {"name": "a", "ours": {"x": 1.0, "y": 5.0}, "trivial": {"x": 2.0, "y": 6.0}},
        {"name": "b", "ours": {"x": 3.0}, "trivial": {"x": 4.0}},
    ]
    results = report.summarise("t", samples, lambda group, errors: (group, errors))
    assert results["num_samples"] == {"x": 2, "y": 1}
    assert results["ours"] == {"x": ("x", [1.0, 3.0]), "y": ("y", [5.0])}
    assert results["trivial"]["x"] == ("x", [2.0, 4.0])
    assert results["samples"] is samples
