"""The errors of the published networks on real clips stay where they were measured.

The clips are not part of the project: they lie in shared/data beside the repository, if at all.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared/data"
BAND = 0.03  # Relative: rounding, and versions of TensorFlow and OpenCV.

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no clips in {DATA}"),
]


@pytest.mark.parametrize(
    ("task", "clip", "options", "number", "expected"),
    [
        ("depth", "kitti_odom05_100-159", [], ("80m", "abs_rel"), 0.1379),
        ("depth", "kitti_raw_0052", ["--frames=0:52"], ("80m", "abs_rel"), 0.2142),
        ("flow", "kitti_flow2012", [], ("noc", "epe"), 0.8521),
    ],
)
def test_an_error_is_the_measured_one(task, clip, options, number, expected, tmp_path):
    output = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "dfnet_tf.evaluate", "--run_dir=pretrained/mobile"]
    command += [f"--task={task}", f"--data={DATA / clip}", f"--output={output}", *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    region, metric = number
    assert json.loads(output.read_text())["ours"][region][metric] == pytest.approx(
        expected, rel=BAND
    )
