"""Runs `predict` on a long film of small frames, and measures how its memory grows.

    make soak ARGS=1500    20000 frames by default

A program that kept something of every frame would grow in proportion to the film.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from untrained_run import write_untrained_run

from dfnet_tf.data.files.video import VideoWriter
from dfnet_tf.data.sources import synthetic
from dfnet_tf.presets import preset

SIZE = 32, 64
RENDERED = 60  # Frames; the film shows them forwards and backwards, again and again.
MOST_GROWTH = 8192  # Bytes per frame. Measured: 4400 with 1500 frames; 11800 if every view is kept.
PERIOD = 0.2  # Seconds between two looks.
PAGE = os.sysconf("SC_PAGE_SIZE")


class Look(NamedTuple):
    """What a look at the running program saw."""

    frames: int  # Already written.
    resident: int  # Bytes of memory.


def looks_at_predict(num_frames: int, folder: Path) -> list[Look]:
    """Predicts a film of `num_frames` frames in an empty folder; all that `predict` can compute.

    Raises:
      CalledProcessError: `predict` failed.
    """
    config = preset("tiny").replace(data__height=SIZE[0], data__width=SIZE[1])
    write_untrained_run(folder / "run", config)
    write_film(folder / "film.mp4", num_frames)
    command = [sys.executable, "-m", "dfnet_tf.predict", f"--run_dir={folder}/run"]
    command += [f"--input={folder}/film.mp4", "--fov_degrees=60", f"--output={folder}/out"]
    with (folder / "log.txt").open("w") as log:
        program = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdout=log, stderr=subprocess.STDOUT
        )
        looks = list(_looks(program, folder))
    if program.returncode:
        raise subprocess.CalledProcessError(
            program.returncode, command, (folder / "log.txt").read_text()
        )
    return looks


def write_film(path: Path, num_frames: int) -> None:
    images = synthetic.render_clip(0, RENDERED, *SIZE).images
    there_and_back = np.concatenate([images, images[-2:0:-1]])
    with VideoWriter(path, 10) as film:
        for number in range(num_frames):
            film.add(there_and_back[number % len(there_and_back)])


def _looks(program: subprocess.Popen, folder: Path) -> Iterator[Look]:
    while program.poll() is None:
        resident = PAGE * int(Path(f"/proc/{program.pid}/statm").read_text().split()[1])
        written = len(list(folder.glob(".out.*/new/depth/*")))
        if written and resident:  # None after the last frame, while the program ends.
            yield Look(written, resident)
        time.sleep(PERIOD)


def bytes_per_frame(looks: list[Look]) -> float:
    """The slope of the line through the looks after the first third of the film."""
    frames, resident = np.array(looks, float).T
    warm = frames > frames.max() / 3
    return np.polyfit(frames[warm], resident[warm], 1)[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        seen = looks_at_predict(int(sys.argv[1]) if sys.argv[1:] else 20_000, Path(folder))
    most = max(look.frames for look in seen)
    for tenth in range(1, 11):
        until = [look.resident for look in seen if look.frames <= tenth * most / 10]
        print(f"{tenth * most // 10:6d} frames: {until[-1] / 2**20:7.1f} MiB")
    growth = bytes_per_frame(seen)
    print(f"Growth after the first third: {growth:.0f} bytes per frame.")
    if growth > MOST_GROWTH:
        sys.exit(f"Expected a growth of at most {MOST_GROWTH} bytes per frame.")
