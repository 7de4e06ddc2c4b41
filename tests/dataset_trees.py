"""Small trees in the layouts of public data sets, made from a rendered clip."""

import json
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.sources.synthetic import RenderedClip

FREIBURG1 = np.array([[517.3, 0, 318.6], [0, 516.5, 255.3], [0, 0, 1]])
TUM_START, TUM_RATE = 1305031102.175304, 30.0  # Seconds since 1970; frames per second.


def write_cityscapes_tree(
    root: Path,
    rendered: RenderedClip,
    city: str = "aachen",
    sequence: int = 0,
    first: int = 0,
    split: str = "train",
) -> None:
    """A snippet, numbered from `first`: a copy of Cityscapes at the size of the rendered images.

    Its only camera file belongs to frame first + 19, even if the snippet is shorter.
    """
    images, cameras = root / "leftImg8bit_sequence" / split / city, root / "camera" / split / city
    images.mkdir(parents=True, exist_ok=True)
    cameras.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(rendered.images, first):
        write_rgb(images / f"{city}_{sequence:06d}_{i:06d}_leftImg8bit.png", image)
    scale = np.divide((2048, 1024), rendered.images.shape[2:0:-1])  # x, y
    fx, fy = scale * np.diag(rendered.intrinsics)[:2]
    u0, v0 = scale * (rendered.intrinsics[:2, 2] + 0.5) - 0.5
    camera = {"intrinsic": {"fx": fx, "fy": fy, "u0": u0, "v0": v0}, "extrinsic": {}}
    path = cameras / f"{city}_{sequence:06d}_{first + 19:06d}_camera.json"
    path.write_text(json.dumps(camera))


def write_tum_tree(folder: Path, rendered: RenderedClip) -> None:
    """A sequence filmed by the camera of freiburg1; `folder`'s name should contain that name.

    The images are the rendered ones, seen at 640x480 through these intrinsics; they cover a clip of
    4:3. The depth of a frame is 5 ms later than the frame; there are 200 poses per second.
    """
    for kind in ("rgb", "depth"):
        (folder / kind).mkdir(parents=True)
    lists = {name: [f"# {name}", "# file: 'made.bag'"] for name in ("rgb", "depth", "groundtruth")}
    to_tum = (FREIBURG1 @ np.linalg.inv(rendered.intrinsics))[:2]
    for i, (image, depth, pose) in enumerate(
        zip(rendered.images, rendered.depth, rendered.camera_to_world, strict=True)
    ):
        seconds = TUM_START + i / TUM_RATE
        rgb_file, depth_file = f"rgb/{seconds:.6f}.png", f"depth/{seconds + 0.005:.6f}.png"
        write_rgb(folder / rgb_file, cv2.warpAffine(image, to_tum, (640, 480)))
        seen = cv2.warpAffine(depth, to_tum, (640, 480), flags=cv2.INTER_NEAREST)
        stored = np.rint(5000 * np.where(seen < 13, seen, 0)).astype(np.uint16)
        cv2.imwrite(str(folder / depth_file), stored)
        lists["rgb"].append(f"{seconds:.6f} {rgb_file}")
        lists["depth"].append(f"{seconds + 0.005:.6f} {depth_file}")
        numbers = *pose[:3, 3], *Rotation.from_matrix(pose[:3, :3]).as_quat()
        for late in (0.001, 0.006):
            words = " ".join(f"{value:.6f}" for value in numbers)
            lists["groundtruth"].append(f"{seconds + late:.4f} {words}")
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
