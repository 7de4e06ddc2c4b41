"""Writes a rendered clip in the layout of KITTI 2015, following the benchmark's devkit."""

from pathlib import Path

import numpy as np

from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.files.truth_files import write_depth, write_flow
from dfnet_tf.data.sources.synthetic import RenderedClip

BASELINE = 0.54


def write_2015_tree(folder: Path, rendered: RenderedClip, next_depth: np.ndarray) -> Path:
    """One pair, 000000, of frames 0 and 1; `next_depth` [H, W] becomes disp_occ_1, 0 = none."""
    root = folder / "training"
    for kind in ("image_2", "disp_occ_0", "disp_occ_1", "flow_occ", "obj_map", "calib_cam_to_cam"):
        (root / kind).mkdir(parents=True)
    for number in (0, 1):
        write_rgb(root / f"image_2/000000_{10 + number}.png", rendered.images[number])
    flow, moving = rendered.forward_flow[0], rendered.moving[0]
    write_flow(root / "flow_occ/000000_10.png", flow, np.ones(flow.shape[:2]))
    write_rgb(root / "obj_map/000000_10.png", np.uint8(7 * moving)[..., None].repeat(3, -1))
    (fx, _, cx), (_, fy, cy), _ = rendered.intrinsics
    for i, depth in enumerate((rendered.depth[0], next_depth)):
        disparity = np.divide(fx * BASELINE, depth, out=np.zeros_like(depth), where=depth > 0)
        write_depth(root / f"disp_occ_{i}/000000_10.png", disparity)
    lines = ["calib_time: 09-Jan-2012 13:57:47"]
    for key, x in (("P_rect_02", 0.06), ("P_rect_03", 0.06 - BASELINE)):
        row = (fx, 0, cx, fx * x, 0, fy, cy, 0, 0, 0, 1, 0)
        lines.append(f"{key}: " + " ".join(f"{value:e}" for value in row))
    (root / "calib_cam_to_cam/000000.txt").write_text("\n".join(lines) + "\n")
    return root
