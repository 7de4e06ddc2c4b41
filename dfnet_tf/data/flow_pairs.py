"""Pairs of images with true optical flow, in the layouts in which people keep them."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip, ClipError, read_clips, read_flow, read_rgb


@dataclass(frozen=True)
class FlowPair:
    """Two images and the true flow from the first to the second, decoded when asked for."""

    name: str
    first_path: Path
    second_path: Path
    truth_paths: dict[str, Path]

    def first(self) -> np.ndarray:
        """The image that the flow starts from, uint8 RGB [H, W, 3]."""
        return read_rgb(self.first_path)

    def second(self) -> np.ndarray:
        """The image that the flow points to, uint8 RGB [H, W, 3]."""
        return read_rgb(self.second_path)

    def truth(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Flow float32 [H, W, 2] in pixels and valid float32 [H, W], by kind.

        The kinds are KITTI's: "noc", pixels visible in both images; "occ", all pixels, occluded
        ones included, which is what a clip's flow/ holds.
        """
        return {kind: read_flow(path) for kind, path in self.truth_paths.items()}


@dataclass(frozen=True)
class _Layout:
    """File names of a pair, * standing for its name."""

    first: str
    second: str
    truth: dict[str, str]


def _kitti(images: str) -> _Layout:
    truth = {"noc": "flow_noc/*_10.png", "occ": "flow_occ/*_10.png"}
    return _Layout(f"{images}/*_10.png", f"{images}/*_11.png", truth)


_LAYOUTS = (
    _kitti("image_2"),  # KITTI 2015
    _kitti("colored_0"),  # KITTI 2012, in colour
    _kitti("image_0"),  # KITTI 2012, grey
    _Layout("*_10.png", "*_11.png", {"noc": "*_flow_noc.png", "occ": "*_flow_occ.png"}),
)


def read_flow_pairs(folder: str | Path) -> list[FlowPair]:
    """Finds every pair in `folder`, sorted by name, without decoding an image.

    `folder` is one of: a clip with flow/, or a folder of clips; the "training" folder of KITTI 2012
    or 2015 as unpacked (image_2, colored_0 or image_0; flow_noc, flow_occ), or its parent; a
    flat folder of X_10.png, X_11.png, X_flow_noc.png and perhaps X_flow_occ.png.

    Raises:
      ClipError: nothing of the kind, or a pair that lacks an image or all truth.
    """
    folder = Path(folder)
    for root in (folder, folder / "training"):
        for layout in _LAYOUTS:
            if any(root.glob(layout.first)):
                return _pairs(root, layout)
    clips = read_clips(folder) if any(folder.glob("flow")) or any(folder.glob("*/flow")) else []
    pairs = [pair for clip in clips for pair in _clip_pairs(clip)]
    if not pairs:
        raise ClipError(
            f"{folder}: expected pairs with true flow: clips with flow/, KITTI's image_2, "
            "colored_0 or image_0 beside flow_noc, or X_10.png, X_11.png, X_flow_noc.png. "
            f"Received: {'none of these' if folder.is_dir() else 'no such folder'}."
        )
    return pairs


def _pairs(root: Path, layout: _Layout) -> list[FlowPair]:
    """The pairs of which there is a first image or a truth: neither may lack the other."""
    names = {
        _name_in(path.name, pattern)
        for pattern in (layout.first, *layout.truth.values())
        for path in root.glob(pattern)
    }
    return [_pair(root, layout, name) for name in sorted(names)]


def _pair(root: Path, layout: _Layout, name: str) -> FlowPair:
    first, second = (root / p.replace("*", name) for p in (layout.first, layout.second))
    for path in (first, second):
        if not path.is_file():
            raise ClipError(
                f"{path}: expected both images of the pair {name}. Received: no such file."
            )
    truth = {kind: root / pattern.replace("*", name) for kind, pattern in layout.truth.items()}
    found = {kind: path for kind, path in truth.items() if path.is_file()}
    if not found:
        expected = " or ".join(map(str, truth.values()))
        raise ClipError(f"{first}: expected its true flow, {expected}. Received: no such file.")
    return FlowPair(name, first, second, found)


def _name_in(file_name: str, pattern: str) -> str:
    """What the * of `pattern` stands for in `file_name`."""
    before, after = Path(pattern).name.split("*")
    return file_name[len(before) : -len(after)]


def _clip_pairs(clip: Clip) -> list[FlowPair]:
    """Each image that has a flow file, with the image after it."""
    followers = {image.stem: (image, after) for image, after in pairwise(clip.images)}
    pairs = []
    for path in sorted((clip.folder / "flow").glob("*.png")):
        if path.stem not in followers:
            raise ClipError(
                f"{path}: expected two images, {path.stem} and the one after it, that the flow "
                "belongs to. Received: no such images."
            )
        name = f"{clip.folder.absolute().name}/{path.stem}"
        pairs.append(FlowPair(name, *followers[path.stem], {"occ": path}))
    return pairs
