"""Pairs of images with true optical flow, in several file layouts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.flo_files import read_flo
from dfnet_tf.data.files.image_files import read_rgb
from dfnet_tf.data.files.stored_bytes import Stored
from dfnet_tf.data.files.truth_files import read_flow
from dfnet_tf.data.tfrecord_clip import INDEX_FILE

LAYOUTS = (
    "clips with flow/ or records made of them, KITTI's image_2, colored_0 or image_0 beside "
    "flow_noc, X_10.png, X_11.png and X_flow_noc.png, Sintel's clean or final beside flow, "
    "or Middlebury's other-data beside other-gt-flow"
)
SINTEL_PASSES = ("clean", "final")
CLIP_MARKS = ("images", "*/images", "*/*/images", INDEX_FILE)  # Folders that `read_clips` opens.

Truth = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class FlowPair:
    """Two images and the true flow from the first to the second, decoded on demand.

    Attributes:
      name: unique among the pairs read together.
      first, second: () -> uint8 RGB [H, W, 3].
      truth: () -> {group: (flow float32 [H, W, 2] in pixels, valid float32 [H, W])}. Groups:
        "noc": pixels visible in both images; "occ": all pixels, including occluded ones, as in a
        clip's flow/; KITTI 2015: "noc_bg", "occ_fg", ...: only the static background or only the
        moving cars; Sintel: "clean_all", "clean_noc", "clean_occluded", "final_..."; Middlebury:
        "all". Empty for a pair of a test set.
      submission: the file name that a benchmark's server expects for a test pair; otherwise "".
    """

    name: str
    first: Callable[[], np.ndarray]
    second: Callable[[], np.ndarray]
    truth: Callable[[], Truth] = dict
    submission: str = ""


@dataclass(frozen=True)
class _Layout:
    """File names of a pair; * stands for its name. An image without any truth is an error."""

    first: str
    second: str
    truth: dict[str, str]
    objects: str = ""  # KITTI 2015: an 8-bit map, 0 = static background, else the moving car's id.


def _kitti(images: str, objects: str = "") -> _Layout:
    truth = {"noc": "flow_noc/*_10.png", "occ": "flow_occ/*_10.png"}
    return _Layout(f"{images}/*_10.png", f"{images}/*_11.png", truth, objects)


_KITTI = (
    _kitti("image_2", "obj_map/*_10.png"),  # 2015
    _kitti("colored_0"),  # 2012, in colour
    _kitti("image_0"),  # 2012, grey
)
_FLAT = _Layout("*_10.png", "*_11.png", {"noc": "*_flow_noc.png", "occ": "*_flow_occ.png"})


def read_flow_pairs(folder: str | Path) -> list[FlowPair]:
    """Finds every pair with true flow in `folder`, sorted by name, without decoding an image.

    `folder` is one of: a clip with flow/, or a folder of clips; the "training" folder of KITTI 2012
    or 2015 as unpacked (image_2, colored_0 or image_0; flow_noc, flow_occ; obj_map), or its parent;
    a flat folder of X_10.png, X_11.png, X_flow_noc.png and optionally X_flow_occ.png; Sintel's
    "training" folder, or its parent, or one pass in it (clean, final); Middlebury's folder of
    other-data and other-gt-flow.

    Raises:
      ClipError: none of these, or a pair without an image or without any truth.
    """
    folder = Path(folder)
    for root in (folder, folder / "training"):
        for layout in (*_KITTI, _FLAT):
            if any(root.glob(layout.first)):
                return _pairs(root, layout)
    if pairs := _sintel_pairs(folder) or _middlebury_pairs(folder):
        return pairs
    has_clips = any(path for pattern in CLIP_MARKS for path in folder.glob(pattern))
    pairs = [
        pair for clip in (read_clips(folder) if has_clips else ()) for pair in _clip_pairs(clip)
    ]
    return pairs or _refuse(folder, f"pairs with true flow: {LAYOUTS}")


def read_test_pairs(folder: str | Path) -> list[FlowPair]:
    """Finds every pair of a test set without truth: KITTI's "testing" or Sintel's "test".

    `folder` may also be its parent. Each pair's `submission` is named as KITTI's server (16-bit
    PNG) or Sintel's bundler (.flo) expects.

    Raises:
      ClipError: neither of these, or a pair without an image.
    """
    folder = Path(folder)
    for root in (folder / "testing", folder / "test", folder):
        for layout in _KITTI:
            if any(root.glob(layout.first)):
                pairs = _pairs(root, replace(layout, truth={}, objects=""))
                return [replace(pair, submission=f"{pair.name}_10.png") for pair in pairs]
        if pairs := _sintel_test_pairs(root):
            return pairs
    return _refuse(folder, "KITTI's testing/image_2, colored_0 or image_0, or Sintel's test/clean")


def _refuse(folder: Path, expected: str):
    received = "none of these" if folder.is_dir() else "no such folder"
    raise ClipError(f"{folder}: expected {expected}. Received: {received}.")


def _pairs(root: Path, layout: _Layout) -> list[FlowPair]:
    """The pairs with a first image or a truth; raises ClipError if either lacks the other."""
    names = {
        _name_in(path.name, pattern)
        for pattern in (layout.first, *layout.truth.values())
        for path in root.glob(pattern)
    }
    return [_pair(root, layout, name) for name in sorted(names)]


def _pair(root: Path, layout: _Layout, name: str) -> FlowPair:
    first, second = (root / p.replace("*", name) for p in (layout.first, layout.second))
    truth = {kind: root / pattern.replace("*", name) for kind, pattern in layout.truth.items()}
    found = {kind: path for kind, path in truth.items() if path.is_file()}
    pair = _image_pair(name, first, second)
    if not truth:
        return pair
    if not found:
        expected = " or ".join(map(str, truth.values()))
        raise ClipError(f"{first}: expected its true flow, {expected}. Received: no such file.")
    objects = root / layout.objects.replace("*", name)
    return replace(pair, truth=partial(_kitti_truth, found, objects if objects.is_file() else None))


def _image_pair(name: str, first: Path, second: Path) -> FlowPair:
    for path in (first, second):
        if not path.is_file():
            raise ClipError(
                f"{path}: expected both images of the pair {name}. Received: no such file."
            )
    return FlowPair(name, partial(read_rgb, first), partial(read_rgb, second))


def _name_in(file_name: str, pattern: str) -> str:
    """The part of `file_name` for which the * in `pattern` stands."""
    before, after = Path(pattern).name.split("*")
    return file_name[len(before) : -len(after)]


def _kitti_truth(files: dict[str, Path | Stored], objects: Path | None) -> Truth:
    """Each kind of truth; with an object map, also only background and only foreground."""
    truth = {}
    for kind, file in files.items():
        flow, valid = truth[kind] = read_flow(file)
        if objects is not None:
            moving = _read_mask(objects, valid.shape)
            truth[f"{kind}_bg"] = flow, valid * (1 - moving)
            truth[f"{kind}_fg"] = flow, valid * moving
    return truth


def _read_mask(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """An 8-bit map as float32 [H, W], 1 where not black; must have the size of the truth."""
    mask = read_rgb(path).any(axis=-1)
    if mask.shape != shape:
        raise ClipError(
            f"{path}: expected the size of the true flow, {list(shape)}. "
            f"Received: {list(mask.shape)}."
        )
    return mask.astype(np.float32)


def _sintel_pairs(folder: Path) -> list[FlowPair]:
    """Each image of either pass with a .flo file, and the next image.

    Butler et al., "A naturalistic open source movie for optical flow evaluation", ECCV 2012.
    """
    passes = SINTEL_PASSES
    if folder.name in SINTEL_PASSES:
        folder, passes = folder.parent, (folder.name,)
    elif (folder / "training").is_dir():
        folder /= "training"
    pairs = []
    for kind in passes:
        flows = folder.glob("flow/*/frame_[0-9][0-9][0-9][0-9].flo")
        for flow in sorted(flows) if (folder / kind).is_dir() else ():
            name = f"{flow.parent.name}/{flow.stem}"
            after = f"{flow.parent.name}/frame_{int(flow.stem[6:]) + 1:04d}"
            first, second = (folder / kind / f"{frame}.png" for frame in (name, after))
            truth = partial(_sintel_truth, folder, name, kind)
            pairs.append(replace(_image_pair(f"{kind}/{name}", first, second), truth=truth))
    return pairs


def _sintel_truth(root: Path, name: str, kind: str) -> Truth:
    """All pixels with defined flow, and those visible or occluded in the next frame."""
    flow, valid = read_flo(root / f"flow/{name}.flo")
    invalid, occluded = (root / f"{mask}/{name}.png" for mask in ("invalid", "occlusions"))
    if invalid.is_file():
        valid = valid * (1 - _read_mask(invalid, valid.shape))
    truth = {f"{kind}_all": (flow, valid)}
    if occluded.is_file():
        hidden = _read_mask(occluded, valid.shape)
        truth[f"{kind}_noc"] = flow, valid * (1 - hidden)
        truth[f"{kind}_occluded"] = flow, valid * hidden
    return truth


def _sintel_test_pairs(root: Path) -> list[FlowPair]:
    """Consecutive frames of every scene in every pass."""
    pairs = []
    for kind in SINTEL_PASSES:
        for scene in sorted(path for path in (root / kind).glob("*") if path.is_dir()):
            for first, second in pairwise(sorted(scene.glob("frame_*.png"))):
                name = f"{kind}/{scene.name}/{first.stem}"
                # "frame0001.flo": the file name that Sintel's bundler expects.
                submission = f"{kind}/{scene.name}/{first.stem.replace('_', '')}.flo"
                pair = _image_pair(name, first, second)
                pairs.append(replace(pair, submission=submission))
    return pairs


def _middlebury_pairs(root: Path) -> list[FlowPair]:
    """The sequences of other-data with public flow (Baker et al., IJCV 2011)."""
    pairs = []
    for flow in sorted(root.glob("other-gt-flow/*/flow10.flo")):
        name = flow.parent.name
        images = (root / f"other-data/{name}/frame{number}.png" for number in (10, 11))
        pairs.append(replace(_image_pair(name, *images), truth=partial(_middlebury_truth, flow)))
    return pairs


def _middlebury_truth(path: Path) -> Truth:
    return {"all": read_flo(path)}


def _clip_pairs(clip: Clip) -> list[FlowPair]:
    """Each image with a flow file, and the next image."""
    pairs = []
    for i, image in enumerate(clip.images):
        if (stored := clip.stored("flow", i)) is None:
            continue
        if i == len(clip) - 1:
            raise ClipError(
                f"{stored}: expected two images for the flow, {image.stem} and the next one. "
                "Received: no second image."
            )
        images = (partial(clip.image, j) for j in (i, i + 1))
        truth = partial(_kitti_truth, {"occ": stored}, None)
        pairs.append(FlowPair(f"{clip.name}/{image.stem}", *images, truth))
    return pairs
