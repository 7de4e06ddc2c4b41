"""The table of models."""

import hashlib

import pytest

from export import model_report
from export.profile import OpShare, Profile

PROFILE = Profile(
    median_ms=12.34,
    p95_ms=15.0,
    peak_bytes=40_000_000,
    ops=(OpShare("CONV_2D", 30, 0.8), OpShare("ADD", 3, 0.2)),
    outside_delegate_share=0.08,
)


def described(name, quality=None):
    quality = quality or {"against_keras": {"abs_rel": 0.01, "disparity_mae": 0.02}}
    return {"file": f"{name}.tflite", "bytes": 4_420_000, "sha256": "00", "quality": quality}


def cells(text):
    """The table's rows as lists of cells."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows]


def test_a_row_holds_each_number_in_its_column():
    quality = {
        "against_keras": {"abs_rel": 0.01234, "disparity_mae": 0.5},
        "against_truth": {"abs_rel": 0.25, "abs_rel_trivial": 0.35},
    }
    profiles = {("depth", threads): PROFILE for threads in (1, 2)}
    one = model_report.entry(described("depth_int8", quality), ["GATHER_ND: refused"], profiles)
    text = model_report.markdown([one])
    header, _, row = cells(text)
    assert dict(zip(header, row, strict=True)) == {
        "model": "`depth_int8.tflite`",
        "MB": "4.42",
        "against Keras": "abs rel 0.01234, MAE 0.50000",
        "against truth": "abs rel 0.2500 (constant 0.3500)",
        "1 thread, ms": "12.3 / 15.0",
        "2 threads, ms": "12.3 / 15.0",
        "peak MB": "40",
        "outside XNNPACK": "8%",
    }
    assert "time: CONV_2D (30) 80%, ADD (3) 20%" in text
    assert "GPU: GATHER_ND: refused: `depth_int8.tflite`" in text


def test_a_file_of_two_signatures_has_a_row_for_each():
    quality = {"against_keras": {"abs_rel": 0, "disparity_mae": 0, "epe": 2, "relative_epe": 0}}
    profiles = {(kind, threads): PROFILE for kind in ("depth", "flow") for threads in (1, 2)}
    text = model_report.markdown([model_report.entry(described("both", quality), [], profiles)])
    first, second = [line.split("|")[1:-1] for line in text.splitlines()[2:4]]
    assert "EPE 2.0000 px" in first[2]
    assert [cell.strip() for cell in second[:4]] == ["", "", "", ""]
    assert first[4:] == second[4:]


def test_what_was_not_measured_stays_empty():
    text = model_report.markdown([model_report.entry(described("depth_int8"), [], {})])
    assert text.splitlines()[2].endswith("|  |  |  |  |  |")


def test_a_report_grows_and_forgets_models_that_are_gone(tmp_path):
    def export(name, findings=()):
        (tmp_path / f"{name}.tflite").write_text(name)
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        one = model_report.entry(described(name) | {"sha256": sha256}, findings, {})
        model_report.write(tmp_path, [*model_report.read(tmp_path), one])
        return [one["file"] for one in model_report.read(tmp_path)]

    assert export("flow") == ["flow.tflite"]
    assert export("depth") == ["depth.tflite", "flow.tflite"]
    assert export("depth", ["anew"]) == ["depth.tflite", "flow.tflite"]
    text = (tmp_path / "report.md").read_text()
    assert len(cells(text)) == 4 and text.count("anew") == 1
    (tmp_path / "flow.tflite").unlink()
    assert export("pose") == ["depth.tflite", "pose.tflite"]
    (tmp_path / "depth.tflite").write_text("another model of this name")
    assert export("pose") == ["pose.tflite"]


def test_a_text_that_is_no_report_of_ours_stays(tmp_path):
    (tmp_path / "report.md").write_text("my notes")
    with pytest.raises(model_report.ReportError, match="report.md: expected .* Received"):
        model_report.read(tmp_path)


@pytest.mark.parametrize("text", ['{"a": "page"}', "[1]", "no json", "3"])
def test_a_foreign_report_is_refused(tmp_path, text):
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(model_report.ReportError, match="report.json: expected .* Received"):
        model_report.read(tmp_path)
