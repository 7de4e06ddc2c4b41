"""The benchmarks' frames in KITTI raw. The lists are in splits/*.txt.

A drive is named by its folder in the tree: "2011_09_26/2011_09_26_drive_0002_sync".
"""

from importlib import resources

LEFT_COLOUR = 2  # The camera of all test images of Eigen's split.
# From 10 frames before a pair's first image to 10 after its second. KITTI's multi-view extensions
# publish these frames too (00 to 20, where 10 and 11 are the pair), and UnFlow left them out.
FLOW_NEIGHBOURS = range(-10, 12)
FLOW_LISTS = ("flow_2012_training", "flow_2012_testing", "flow_2015_training")


def eigen_test() -> list[tuple[str, int, int]]:
    """The 697 test images of Eigen, Puhrsch & Fergus, NIPS 2014: (drive, camera, frame number)."""
    return [
        (drive, LEFT_COLOUR, frame) for drive, frames in _read("eigen_test") for frame in frames
    ]


def flow_benchmark_frames() -> set[tuple[str, int]]:
    """(drive, frame number) of the pairs of KITTI flow 2012 and 2015, with their `FLOW_NEIGHBOURS`.

    Only pairs of known origin: 89 of 194 training and 66 of 195 test pairs of 2012, 142 of 200
    training pairs of 2015. No list of 2015's test pairs was ever published.
    """
    pairs = [pair for name in FLOW_LISTS for pair in flow_pairs(name)]
    return {(drive, first + offset) for drive, first in pairs for offset in FLOW_NEIGHBOURS}


def flow_pairs(name: str) -> list[tuple[str, int]]:
    """(drive, number of the first frame) of each pair in one of `FLOW_LISTS`."""
    return [(drive, first) for drive, frames in _read(name) for first in frames]


def _read(name: str) -> list[tuple[str, list[int]]]:
    """(drive, frame numbers) of each line "DRIVE: 1 2 3" of splits/NAME.txt."""
    path = resources.files("dfnet_tf.data.sources").joinpath("splits", f"{name}.txt")
    text = path.read_text("utf-8")
    lines = [line.split(":") for line in text.splitlines() if not line.startswith("#")]
    return [(f"{drive[:10]}/{drive}", [int(n) for n in frames.split()]) for drive, frames in lines]


EIGEN_TEST_DRIVES = frozenset(drive for drive, _ in _read("eigen_test"))  # 28
