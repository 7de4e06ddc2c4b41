"""Writes the film of a fake camera, as Chromium reads it: raw YUV 4:2:0.

`python web_demo/browser/make_camera.py data/street/000000 camera.y4m`
"""

import sys
from pathlib import Path

import cv2


def main(clip: Path, film: Path) -> None:
    pictures = [cv2.imread(path) for path in sorted((clip / "images").iterdir())]
    height, width = pictures[0].shape[:2]
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F12:1 Ip A1:1 C420jpeg\n".encode())
        # To and fro: the film is played in a loop.
        for picture in pictures + pictures[-2:0:-1]:
            file.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
