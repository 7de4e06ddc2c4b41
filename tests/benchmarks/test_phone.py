"""python -m benchmarks.phone: real conversions of small networks, invented times."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import machine_peak, midas_small
from dfnet_tf.networks.depth_net import TinyDepthNet
from dfnet_tf.training import checkpoints
from export import QUANTIZATIONS, op_times, profile

CHAINS = (
    machine_peak.Chain("CONV_2D", 32, 1),
    machine_peak.Chain("CONV_2D", 48, 1),
    machine_peak.Chain("DEPTHWISE_CONV_2D", 32, 3),
)
TIMES = {"ours": 10.0, "MiDaS": 20.0}  # ms
CHAIN_TIME = 0.5
OPERATORS = {
    "Convolution (NHWC, F32) IGEMM": 4.0,
    "Fully Connected (NC, QS8, QC8W) GEMM": 1.0,
    "Convolution (NHWC, QC8) DWConv": 2.0,
    "Convert (NC)": 0.5,
    "RESIZE_NEAREST_NEIGHBOR": 0.2,
    "Add (ND)": 0.8,
}


@pytest.fixture(scope="module")
def tables(run_main):
    """The printed tables, each as a dictionary of a row's cells by its first cell."""
    with pytest.MonkeyPatch.context() as patch:
        trained = SimpleNamespace(depth_net=TinyDepthNet())
        trained.depth_net(np.zeros((1, 32, 32, 3), "float32"))  # Creates the weights.
        patch.setattr(checkpoints, "load_trained", lambda *_: trained)
        patch.setattr(midas_small, "MidasSmall", lambda: machine_peak.ChainNet(CHAINS[0]))
        patch.setattr(machine_peak, "CHAINS", CHAINS)
        patch.setattr(profile, "latencies", invented_latencies)
        patch.setattr(op_times, "measure", lambda *_: invented_profile())
        status, out, err = run_main("benchmarks.phone", "--run_dir=run")
    assert status == 0, err
    texts = [text for text in out.split("\n\n") if text]
    rows = [re.findall(r"^\| (\w.*?) \|(.*)\|$", text, re.MULTILINE) for text in texts]
    return [
        {title: [cell.strip() for cell in cells.split("|")] for title, cells in table}
        for table in rows
    ]


def invented_latencies(cases, runs):
    each = [TIMES.get(case.path.parent.name, CHAIN_TIME) for case in cases]
    return np.tile(each, (runs, 1))


def invented_profile():
    return [op_times.OpTime(kind, True, ms / 1000) for kind, ms in OPERATORS.items()]


def test_every_variant_of_ours_stands_beside_the_same_of_the_other(tables):
    comparison, _, _ = tables
    assert [*comparison] == list(QUANTIZATIONS)
    for variant in QUANTIZATIONS:
        assert comparison[variant][3:] == ["10.0, 10.0", "20.0, 20.0", "0.50"]
    size, other, ratio = map(float, comparison["float32"][:3])
    assert ratio == pytest.approx(size / other, rel=0.15)  # `other` is 0.04, rounded.
    assert float(comparison["int8"][0]) < 0.5 * float(comparison["float32"][0])


def test_the_floor_is_the_time_at_the_faster_chains_peak(tables):
    _, peaks, floors = tables
    work_of_chain = 32 * 32 * (3 * 48 + 8 * 48 * 48 + 48)
    work_of_other = 256 * 256 * (3 * 32 + 8 * 32 * 32 + 32)
    assert float(peaks["CONV_2D"][0]) == round(work_of_chain / CHAIN_TIME / 1e6)
    multiply_adds, floor, ms, share, *_ = floors["MiDaS, float32"]
    assert multiply_adds == f"{work_of_other / 1e6:.0f}, 0"
    expected = work_of_other / (work_of_chain / CHAIN_TIME)
    assert (floor, ms) == (f"{expected:.1f}", "20.0")
    assert share == f"{expected / 20.0:.0%}"


def test_each_operator_belongs_to_one_group(tables):
    for row in tables[2].values():
        depthwise, convolutions, conversions, resizing, others = map(float, row[4:])
        assert (depthwise, convolutions, conversions, resizing) == (2.0, 5.0, 0.5, 0.2)
        assert others == 0.8
