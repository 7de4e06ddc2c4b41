"""Which frames of a film may stand side by side in a clip: no stand-still, no cut between them."""

from collections import deque

import cv2
import numpy as np

# Mean absolute difference (0 to 255) up to which a frame repeats the last one: a film of 25 frames
# a second in a file of 50. Codecs leave up to 0.11 in a repeated frame; a sensor's noise alone,
# before a car that stands (KITTI raw, drive 0052), leaves 0.24 and more.
REPEATED = 0.12

# Unlikeness (0 to 2) above which two frames may be of two shots. Measured at 96 columns: 0.26 is
# the most between neighbours of five drives of KITTI at 10 Hz; 99 % of pairs of frames of different
# drives are above 0.52, of frames of one drive far from each other above 0.38.
CUT = 0.4
CUT_OVER_USUAL = 3.0  # And how many times the film's own running level.
LEVEL_OVER = 15  # frames
FLAT = 0.5  # Grey levels of detail (standard deviation) below which there is nothing to compare.


class MotionGate:
    """Tells which frames show too little motion against the last one that did not.

    Args:
      threshold: mean absolute grey difference (0 to 255, on a small blurred copy) below which the
        camera is taken to stand still. Repeated frames are told at any threshold.
    """

    def __init__(self, threshold: float):
        self.threshold = threshold
        self._last: np.ndarray | None = None

    def refusal(self, image: np.ndarray) -> str | None:
        """Why an image [H, W, 3] is left out: "repeated", "static"; None: it goes on."""
        small = _small_grey(image, columns=160)
        small = cv2.GaussianBlur(small, (5, 5), 0)  # Pixel noise averages out.
        if self._last is not None:
            difference = np.abs(small - self._last).mean()
            if difference < REPEATED:
                return "repeated"
            if difference < self.threshold:
                return "static"
        self._last = small
        return None


class CutDetector:
    """Tells where a film goes over to another shot.

    Two neighbours of one shot show the same detail, perhaps elsewhere: a camera that turns moves
    it, an exposure that adapts scales it. So the centre of each frame is searched in the one
    before, by the best normalised correlation of their band-passed copies (Lewis, "Fast normalized
    cross-correlation", 1995). A cut is where that fails, and fails worse than is usual in this
    film: few frames a second, or foliage nearby, are unlike each other all the time.
    """

    def __init__(self):
        self._last: np.ndarray | None = None
        self._level = deque(maxlen=LEVEL_OVER)

    def is_cut(self, image: np.ndarray) -> bool:
        """Whether a shot ends between the last image [H, W, 3] given and this one."""
        detail = _detail(_small_grey(image, columns=96))
        last, self._last = self._last, detail
        if last is None:
            return False
        unlike = _unlikeness(last, detail)
        usual = np.median(self._level) if self._level else 0.0
        self._level.append(unlike)
        return unlike > max(CUT, CUT_OVER_USUAL * usual)


def _unlikeness(first: np.ndarray, second: np.ndarray) -> float:
    """1 - the best correlation of the second image's centre with a part of the first."""
    less, more = sorted((first.std(), second.std()))
    if more < FLAT:
        return 0.0  # Nothing to compare.
    if less < FLAT / 10:
        return 1.0  # Black, and then a picture: OpenCV calls a constant like everything.
    height, width = second.shape
    centre = second[height // 6 : height - height // 6, width // 4 : width - width // 4]
    return 1.0 - float(cv2.matchTemplate(first, centre, cv2.TM_CCOEFF_NORMED).max())


def _detail(grey: np.ndarray) -> np.ndarray:
    """A band of frequencies: without noise, and without the bright sky that all streets share."""
    return cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 4.0)


def _small_grey(image: np.ndarray, columns: int) -> np.ndarray:
    """A grey copy, float32 in [0, 255]."""
    size = (columns, max(6, round(columns * image.shape[0] / image.shape[1])))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
