"""What a run's networks learned from, for which camera, and who may use them for what.

about.json in the run folder says so, written by `publish` or by whoever gives the run away:

    {"licence": "CC BY 4.0", "data": "our drives of 2026", "intrinsics": {"fx": 0.6, "fy": 1.0,
     "cx": 0.5, "cy": 0.5}}

Each entry may be missing. What it does not say is taken from provenance.json and from the clips
named there, as far as they are still to be found. Intrinsics are in parts of the picture's width
(fx, cx) and height (fy, cy), cx and cy from its left and upper edge, so that they hold at any size.
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
# Within one data set cameras differ by this much; where they differ more, none speaks for all.
ONE_CAMERA = 0.03
INTRINSICS = ("fx", "fy", "cx", "cy")


def read(run_dir: pathlib.Path, config: Config) -> dict:
    """What is known of a run.

    Returns:
      {"trained": {"size": [height, width], "preset", "intrinsics": {"fx", "fy", "cx", "cy"} or
      None, "data"}, "licence"}; texts that nobody wrote are "unstated".

    Raises:
      RunError: about.json or provenance.json is not what it should be.
    """
    said = _said(run_dir / FILE)
    starts = run_lists.read(run_dir / provenance.FILE)
    try:
        clips = starts[-1]["data"]["clips"] if starts else {}
    except (KeyError, TypeError) as error:
        raise RunError(
            f"{run_dir / provenance.FILE}: expected what this program noted. Received: another "
            "file."
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
    """Writes what `read` found to the about.json of another folder, but what nobody knows."""
    trained = origin["trained"]
    known = {"licence": origin["licence"], "data": trained["data"]}
    known = {name: text for name, text in known.items() if text != UNSTATED}
    if trained["intrinsics"]:
        known["intrinsics"] = trained["intrinsics"]
    if known:
        (folder / FILE).write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def _said(path: pathlib.Path) -> dict:
    """What about.json says, checked; {} without one."""
    if not path.exists():
        return {}
    try:
        said = json.loads(path.read_text())
    except ValueError as error:
        raise RunError(f"{path}: expected JSON. Received: {error}.") from error
    if not (isinstance(said, dict) and all(_is_right(*entry) for entry in said.items())):
        raise RunError(
            f"{path}: expected licence, data (texts) and intrinsics ({', '.join(INTRINSICS)}: "
            f"numbers), or some of them. Received: {said}."
        )
    return said


def _is_right(name: str, value) -> bool:
    if name != "intrinsics":
        return name in ("licence", "data") and isinstance(value, str)
    if not isinstance(value, dict) or set(value) != set(INTRINSICS):
        return False
    return all(type(number) in (int, float) and math.isfinite(number) for number in value.values())


def _data(clips: dict[str, int]) -> str:
    """How many frames of which clips; of many, the first."""
    if not clips:
        return UNSTATED
    names = [pathlib.PurePath(folder).name for folder in clips]
    named = ", ".join(names[:NAMED_CLIPS])
    rest = f" and {len(names) - NAMED_CLIPS} more clips" if len(names) > NAMED_CLIPS else ""
    return f"{sum(clips.values())} frames of {named}{rest}"


def _camera(run_dir: pathlib.Path, clips: dict[str, int]) -> dict[str, float] | None:
    """The one camera of all clips; None where they have several, or are gone."""
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
    """[3, 3], in pixels of the clip's images: as the run learned them, or as they were given."""
    learned = run_dir / "intrinsics" / f"{one.name}.txt"
    return np.loadtxt(learned) if learned.exists() else one.intrinsics


def _relative(intrinsics: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(fx / W, fy / H, (cx + 1/2) / W, (cy + 1/2) / H): pixel 0's centre lies half one inside."""
    height, width = size
    (fx, _, cx), (_, fy, cy) = intrinsics[:2]
    return np.array([fx / width, fy / height, (cx + 0.5) / width, (cy + 0.5) / height])
