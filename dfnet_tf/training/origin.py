"""The origin of a run's networks: training data, camera and licence.

`publish`, or whoever distributes the run, writes them to about.json in the run folder:

    {"licence": "CC BY 4.0", "data": "our drives of 2026", "intrinsics": {"fx": 0.6, "fy": 1.0,
     "cx": 0.5, "cy": 0.5}}

Each entry may be missing. Missing entries are taken from provenance.json and from the clips named
there, if they still exist. Intrinsics are fractions of the image width (fx, cx) and height (fy,
cy), with cx and cy measured from the left and upper edge, so that they hold at any resolution.
"""

import json
import math
import pathlib

import numpy as np

from dfnet_tf.config import Config
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.clips import read_clips
from dfnet_tf.training import provenance, run_lists
from dfnet_tf.training.checkpoints import RunError

FILE = "about.json"
UNSTATED = "unstated"
NAMED_CLIPS = 5
# Cameras of one data set differ by less than this; otherwise no common intrinsics are stated.
ONE_CAMERA = 0.03
INTRINSICS = ("fx", "fy", "cx", "cy")


def read(run_dir: pathlib.Path, config: Config) -> dict:
    """Reads the origin of a run.

    Returns:
      {"trained": {"size": [height, width], "preset", "intrinsics": {"fx", "fy", "cx", "cy"} or
      None, "data"}, "licence"}; texts that nobody wrote are "unstated".

    Raises:
      RunError: about.json or provenance.json is malformed.
    """
    said = _said(run_dir / FILE)
    starts = run_lists.read(run_dir / provenance.FILE)
    try:
        clips = starts[-1]["data"]["clips"] if starts else {}
    except (KeyError, TypeError) as error:
        raise RunError(
            f"{run_dir / provenance.FILE}: expected a file written by this program. Received: "
            "another file."
        ) from error
    return {
        "trained": {
            "size": [config.data.height, config.data.width],
            "preset": config.network.name,
            "intrinsics": said.get("intrinsics") or _camera(run_dir, clips),
            "data": said.get("data") or _data(clips),
        },
        "licence": said.get("licence", UNSTATED),
    }


def write(origin: dict, folder: pathlib.Path) -> None:
    """Writes the known part of an origin to the about.json of another folder."""
    trained = origin["trained"]
    known = {"licence": origin["licence"], "data": trained["data"]}
    known = {name: text for name, text in known.items() if text != UNSTATED}
    if trained["intrinsics"]:
        known["intrinsics"] = trained["intrinsics"]
    if known:
        (folder / FILE).write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def _said(path: pathlib.Path) -> dict:
    """The checked content of about.json; {} without the file."""
    if not path.exists():
        return {}
    try:
        said = json.loads(path.read_text())
    except ValueError as error:
        raise RunError(f"{path}: expected JSON. Received: {error}.") from error
    if not (isinstance(said, dict) and all(_is_right(*entry) for entry in said.items())):
        raise RunError(
            f"{path}: expected some of licence and data (texts) and intrinsics "
            f"({', '.join(INTRINSICS)}: numbers). Received: {said}."
        )
    return said


def _is_right(name: str, value) -> bool:
    if name != "intrinsics":
        return name in ("licence", "data") and isinstance(value, str)
    if not isinstance(value, dict) or set(value) != set(INTRINSICS):
        return False
    return all(type(number) in (int, float) and math.isfinite(number) for number in value.values())


def _data(clips: dict[str, int]) -> str:
    """The number of frames and the first NAMED_CLIPS clip names."""
    if not clips:
        return UNSTATED
    names = [pathlib.PurePath(folder).name for folder in clips]
    named = ", ".join(names[:NAMED_CLIPS])
    rest = f" and {len(names) - NAMED_CLIPS} more clips" if len(names) > NAMED_CLIPS else ""
    return f"{sum(clips.values())} frames of {named}{rest}"


def _camera(run_dir: pathlib.Path, clips: dict[str, int]) -> dict[str, float] | None:
    """The common camera of all clips; None if the cameras differ or a clip is missing."""
    try:
        cameras = [
            _relative(_intrinsics(run_dir, one), one.size)
            for folder in clips
            for one in read_clips(folder)
        ]
    except (OSError, ValueError):  # Moved, deleted or changed since.
        return None
    if not cameras:
        return None
    middle = np.median(cameras, axis=0)
    if np.ptp(cameras, axis=0).max() > ONE_CAMERA:
        return None
    return {name: round(float(value), 4) for name, value in zip(INTRINSICS, middle, strict=True)}


def _intrinsics(run_dir: pathlib.Path, one: Clip) -> np.ndarray:
    """[3, 3], in pixels of the clip's images: learned by the run if available, else the clip's."""
    learned = run_dir / "intrinsics" / f"{one.name}.txt"
    return np.loadtxt(learned) if learned.exists() else one.intrinsics


def _relative(intrinsics: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(fx / W, fy / H, (cx + 1/2) / W, (cy + 1/2) / H); the centre of pixel 0 is at 1/2."""
    height, width = size
    (fx, _, cx), (_, fy, cy) = intrinsics[:2]
    return np.array([fx / width, fy / height, (cx + 0.5) / width, (cy + 0.5) / height])
