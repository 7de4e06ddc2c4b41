"""One command for a film: adapts the networks to it, predicts, exports, and writes a report.

python -m dfnet_tf.run drive.mp4 --output=out/drive
python -m dfnet_tf.run drive.mp4 --fov_degrees=60 --minutes=30 --output=out/drive

A tenth of the film is held back. The adapted depth network is kept only if it agrees better with
these frames than the network it started from. If stopped, the same command continues. Writes

  report.html   what the film offers, what was learned, what to distrust, and the next commands
  clips/        the frames that teach and judge, from `prepare`
  run/          the training of the depth network, from `train --stage=distil --teacher=film`
  networks/     a run folder of all networks with the adapted depth network
  prediction/   pictures, panel film and path of the camera, from `predict`
  models/       depth and flow as int8 models for the phone, from `export`
"""

import time
from pathlib import Path

from absl import app, flags

from dfnet_tf.adaptation.own_film import OwnFilm
from dfnet_tf.adaptation.record import Record
from dfnet_tf.data.preparation.camera_flags import CameraFlags
from dfnet_tf.prediction import inputs
from dfnet_tf.program import locations, mains

_INPUT = flags.DEFINE_string(
    "input", None, "A video, a folder of images, or a clip folder.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write.", required=True)
_MINUTES = flags.DEFINE_float(
    "minutes",
    15.0,
    "Time to adapt the depth network to the film. 0: the networks stay as they are.",
    lower_bound=0.0,
)
_CAMERA = CameraFlags()
_INIT_FROM = flags.DEFINE_string(
    "init_from", "pretrained/mobile", "The run folder of the networks to start from."
)


def main() -> None:
    film = _film()
    record = Record(film.output, film.settings)
    print(f"{film}.")

    mains.load_tensorflow()
    from dfnet_tf.adaptation import parts, report

    steps = {
        "prepare": (parts.prepare, "Clips of the film", 0.5),
        "look": (parts.look, "What the film offers", 1.0),
        "adapt": (parts.adapt, "Depth learns from the film", film.minutes + 1.0),
        "judge": (parts.judge, "Held-back frames judge", 1.0),
        "predict": (parts.predict, "Depth, flow and motion of the film", 0.008 * film.num_shown),
        "export": (parts.export, "Models for the phone", 3.0),
        "report": (report.report, "The report", 0.1),
    }
    for number, (name, (make, title, _)) in enumerate(steps.items(), start=1):
        if name in record:
            continue
        if "look" in record and parts.reason_to_keep(film, record):
            steps["adapt"] = (*steps["adapt"][:2], 0.0)
        left = sum(minutes for other, (_, _, minutes) in steps.items() if other not in record)
        print(f"\n{number} of {len(steps)}: {title}. About {max(1, round(left))} minutes are left.")
        begin = time.monotonic()
        result = make(film, record)
        record.add(name, {**result, "minutes": round((time.monotonic() - begin) / 60.0, 2)})
    print(f"\nOpen {film.output / 'report.html'}")


def _film() -> OwnFilm:
    """The film and the flags, checked."""
    given = _CAMERA.camera()
    path, output = Path(_INPUT.value), Path(_OUTPUT.value)
    start = locations.run_folder(_INIT_FROM.value)
    camera = _CAMERA.words if given else {}
    if not (camera or _CAMERA.is_estimated) and (path / "intrinsics.txt").exists():
        camera = {"intrinsics": str(path / "intrinsics.txt")}
    source = inputs.open_input([path], given)
    if not source.is_film:
        raise app.UsageError(f"Expected a film or a folder of images. Received: {path}, an image.")
    if not (start / "config.json").exists():
        raise app.UsageError(f"Expected --init_from with a run folder. Received: {start}.")
    return OwnFilm(path, source, output, start, _MINUTES.value, camera)


if __name__ == "__main__":
    mains.run(main, first="input")
