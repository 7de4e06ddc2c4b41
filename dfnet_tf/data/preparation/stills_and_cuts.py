"""Detects frames that must not be neighbours in a clip: repeated or static frames, and cuts."""

from collections import deque

import cv2
import numpy as np

# Mean absolute difference (0 to 255) up to which a frame repeats the last one, as in a film of 25
# frames per second stored at 50. Codecs leave up to 0.11 in a repeated frame. Sensor noise alone,
# in a standing car (KITTI raw, drive 0052), leaves 0.24 and more.
REPEATED = 0.12

# Dissimilarity (0 to 2) above which two frames may belong to two shots. Measured at 96 columns:
# neighbours in five KITTI drives at 10 Hz reach at most 0.26; 99 % of pairs from different drives
# are above 0.52, and of distant pairs in one drive above 0.38.
CUT = 0.4
CUT_OVER_USUAL = 3.0  # A cut must also exceed the film's running level by this factor.
LEVEL_OVER = 15  # frames
FLAT = 0.5  # Standard deviation of detail in grey levels; below it there is nothing to compare.


class MotionGate:
    """Finds frames with too little motion since the last accepted frame.

    Args:
      threshold: mean absolute grey difference (0 to 255, on a small blurred copy) below which the
        camera counts as static. Repeated frames are found at any threshold.
    """

    def __init__(self, threshold: float):
        self.threshold = threshold
        self._last: np.ndarray | None = None

    def refusal(self, image: np.ndarray) -> str | None:
        """Why an image [H, W, 3] is dropped: "repeated" or "static"; None: it is accepted."""
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
    """Finds cuts between the shots of a film.

    Two neighbours in a shot show the same detail, possibly moved by a turning camera or scaled by
    an adapting exposure. So the centre of each frame is searched for in the previous frame, by the
    best normalised correlation of band-passed copies (Lewis, "Fast normalized cross-correlation",
    1995). A cut is a search that fails, and fails worse than usual in this film: at low frame
    rates, or with foliage nearby, neighbours always differ.
    """

    def __init__(self):
        self._last: np.ndarray | None = None
        self._level = deque(maxlen=LEVEL_OVER)

    def is_cut(self, image: np.ndarray) -> bool:
        """True if a shot ended between the previous image [H, W, 3] and this one."""
        detail = _detail(_small_grey(image, columns=96))
        last, self._last = self._last, detail
        if last is None:
            return False
        unlike = _unlikeness(last, detail)
        usual = np.median(self._level) if self._level else 0.0
        self._level.append(unlike)
        return unlike > max(CUT, CUT_OVER_USUAL * usual)


def _unlikeness(first: np.ndarray, second: np.ndarray) -> float:
    """1 - the best correlation of the second image's centre with any part of the first."""
    less, more = sorted((first.std(), second.std()))
    if more < FLAT:
        return 0.0  # Nothing to compare.
    if less < FLAT / 10:
        return 1.0  # Black, then an image: OpenCV finds a constant similar to everything.
    height, width = second.shape
    centre = second[height // 6 : height - height // 6, width // 4 : width - width // 4]
    return 1.0 - float(cv2.matchTemplate(first, centre, cv2.TM_CCOEFF_NORMED).max())


def _detail(grey: np.ndarray) -> np.ndarray:
    """A band-pass: removes noise, and the bright sky that all streets share."""
    return cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 4.0)


def _small_grey(image: np.ndarray, columns: int) -> np.ndarray:
    """A grey copy, float32 in [0, 255]."""
    size = (columns, max(6, round(columns * image.shape[0] / image.shape[1])))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
