"""Depth of a camera or a film on a Linux board; needs ai-edge-litert and opencv-python-headless.

python depth_film.py depth_int8.tflite drive.mp4 depth.avi
python depth_film.py depth_int8.tflite 0 depth.avi    # the first camera, until Ctrl-C

The model is one of `python -m export.export_tflite --input=uint8`. Near is light, far is dark.
"""

import sys
import time

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

FOLLOW = 0.1  # How far each frame moves both ends of the colours, so that they do not flicker.


def main(model: str, source: str, output: str) -> None:
    runner = Interpreter(model, num_threads=4).get_signature_runner("depth")
    _, height, width, _ = runner.get_input_details()["image"]["shape"]
    film = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not film.isOpened():
        sys.exit(f"Expected a film, or the number of a camera. Received: {source}.")
    rate = film.get(cv2.CAP_PROP_FPS) or 30  # Frames in a second; a camera may not know.
    writer = cv2.VideoWriter(output, cv2.VideoWriter_fourcc(*"MJPG"), rate, (width, height))
    limits, seconds = None, []
    try:
        while (frame := film.read()[1]) is not None:
            small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            begin = time.perf_counter()
            result = runner(image=cv2.cvtColor(small, cv2.COLOR_BGR2RGB)[None])
            seconds.append(time.perf_counter() - begin)
            disparity = result["disparity"][0, ..., 0]  # float32 [height, width], 1 / depth
            ends = np.percentile(disparity, (2, 98))
            limits = ends if limits is None else limits + FOLLOW * (ends - limits)
            place = (disparity - limits[0]) / max(limits[1] - limits[0], 1e-6)
            gray = np.uint8(255 * place.clip(0, 1))
            writer.write(cv2.applyColorMap(gray, cv2.COLORMAP_MAGMA))
    except KeyboardInterrupt:
        pass
    writer.release()
    if not seconds:
        sys.exit(f"Expected pictures. Received: none from {source}.")
    print(f"{len(seconds)} frames, {1000 * np.median(seconds):.1f} ms each, in {output}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
