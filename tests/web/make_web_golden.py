"""Writes what Python computes for the tests of the web demo, and its colour tables.

`python tests/web/make_web_golden.py`; test_web_golden.py compares them with what is computed today.
Colours and resized pictures are those that the Android app is tested with.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "android")]  # The file is run by its path.

import make_golden  # noqa: E402

from dfnet_tf.geometry import camera, ego_motion, object_motion, optical_flow  # noqa: E402
from dfnet_tf.geometry.rigid_motion import matrix_from_six_vector  # noqa: E402

WEB_DEMO = ROOT / "web_demo"
GOLDEN = WEB_DEMO / "test" / "golden"
TABLES = WEB_DEMO / "src" / "colour_tables.json"


def golden_files() -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each file of GOLDEN, by name."""
    resizes = enumerate(make_golden.RESIZES)
    return {
        "disparity": make_golden.disparity(),
        "flow": make_golden.flow(),
        "legend": make_golden.legend(),
        **{f"resize_{i}": make_golden.resize(*sizes) for i, sizes in resizes},
        "moving": moving(),
    }


def moving() -> dict[str, np.ndarray]:
    """A slanted world with a box in front, filmed by a camera that moves, while the box moves too.

    Flow and disparity have noise, as a network's have.
    """
    height, width, focal = 32, 56, 42.0
    rng = np.random.default_rng(2)
    disparity = np.float32(0.02 + 0.006 * np.arange(height)[:, None] + np.zeros([1, width]))
    disparity[14:26, 34:48] = 0.3
    depth = np.float32(1 / disparity)[None, ..., None]
    matrix = [[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]]
    intrinsics = np.float32(matrix)[None]
    motion = matrix_from_six_vector(np.float32([[0.1, -0.05, -0.6, 0.01, -0.02, 0.015]]))
    flow = np.array(optical_flow.rigid_flow(depth, intrinsics, motion))
    flow += rng.normal(0, 0.05, flow.shape).astype("float32")
    flow[0, 14:26, 34:48] += 4, -2
    disparity *= np.exp(rng.normal(0, 0.1, disparity.shape)).astype("float32")
    depth = 1 / disparity[None, ..., None]
    solved = solved_motion(flow, depth, intrinsics)
    rigid_flow = optical_flow.rigid_flow(depth, intrinsics, solved)
    return {
        "flow": flow[0],
        "disparity": disparity,
        "focal": np.float32([focal]),
        "motion": np.array(solved[0]),
        "rigid_flow": np.array(rigid_flow[0]),
        "disagreement": np.array(object_motion.disagreement(flow, rigid_flow))[0, ..., 0],
    }


def solved_motion(flow: np.ndarray, depth: np.ndarray, intrinsics: np.ndarray):
    """The motion by the matches that the page takes: of a small picture all that stay in view."""
    height, width = depth.shape[1:3]
    ends = np.array(camera.pixel_grid(height, width)) + flow
    inside = (ends >= 0) & (ends < [width, height])
    trusted = inside.all(axis=-1, keepdims=True).astype("float32")
    there = ego_motion.Way(flow, 1 / depth, trusted)
    back = ego_motion.Way(np.zeros_like(flow), 1 / depth, np.zeros_like(trusted))
    return ego_motion.refined(np.eye(4, dtype="float32")[None], there, back, intrinsics)


def encoded(array: np.ndarray) -> dict:
    """An array as JSON that the web demo's tests read."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"shape": array.shape, "dtype": str(array.dtype), "data": data}


def color_tables() -> dict[str, str]:
    """Each colour map of matplotlib as 256 RGB triples, base64."""
    tables = make_golden.color_tables()
    return {name: base64.b64encode(table.tobytes()).decode() for name, table in tables.items()}


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, arrays in golden_files().items():
        entries = {key: encoded(array) for key, array in arrays.items()}
        (GOLDEN / f"{name}.json").write_text(json.dumps(entries, indent=1) + "\n")
    TABLES.write_text(json.dumps(color_tables(), indent=1) + "\n")


if __name__ == "__main__":
    main()
