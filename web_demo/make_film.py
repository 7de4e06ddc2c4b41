"""Writes the film of the page's button "Rendered street", from a clip that the project rendered.

`python web_demo/make_film.py data/street/000000 web_demo/public/street.mp4`
"""

import sys
from pathlib import Path

import av
import cv2

FRAMES_PER_SECOND = 12


def main(clip: Path, film: Path) -> None:
    """H.264 in MP4, which every browser plays."""
    pictures = sorted((clip / "images").iterdir())
    film.parent.mkdir(parents=True, exist_ok=True)
    with av.open(film, "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("h264", rate=FRAMES_PER_SECOND, options={"crf": "24"})
        stream.height, stream.width = cv2.imread(pictures[0]).shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(cv2.imread(picture), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
