"""The film that a run adapts to, and what its flags say."""

from dataclasses import dataclass
from pathlib import Path

from dfnet_tf.prediction.inputs import FRAME_RATE, Input

SIDE = 640  # Pixels: the longer side of the clips is not made larger than this.
FRAMES_A_MINUTE = 160  # Frames of clips for every minute of adapting: labels take half of the time.
FEWEST = 16  # Frames: in shorter films, few have neighbours on both sides.
MOST_SHOWN = 600  # Frames that `predict` shows.


@dataclass(frozen=True)
class OwnFilm:
    """A film and the flags of a run.

    Attributes:
      path: of the video, folder of images or clip folder.
      source: the film, opened.
      output: the folder to write.
      start: the run folder of the networks to start from.
      minutes: the time for adapting; 0: none.
      camera: the flag that gives the camera, {"fov_degrees": 60.0} or {"intrinsics": "file.txt"}.
    """

    path: Path
    source: Input
    output: Path
    start: Path
    minutes: float
    camera: dict

    @property
    def settings(self) -> dict:
        """What the results depend on, ready for JSON."""
        return {
            "input": str(self.path.absolute()),
            "init_from": str(self.start.absolute()),
            "minutes": self.minutes,
            **self.camera,
        }

    @property
    def frame_step(self) -> int:
        """Every how many frames one is used, for about FRAME_RATE frames per second."""
        return max(1, round(self.source.frame_rate / FRAME_RATE))

    @property
    def most_frames(self) -> int:
        """Limit of the frames that become clips."""
        return max(FRAMES_A_MINUTE, round(FRAMES_A_MINUTE * self.minutes))

    @property
    def num_shown(self) -> int:
        """How many frames `predict` shows."""
        return min(MOST_SHOWN, -(-self.source.num_frames // self.frame_step))

    @property
    def clips(self) -> Path:
        return self.output / "clips"

    @property
    def networks(self) -> Path:
        """The run folder of the adapted networks."""
        return self.output / "networks"

    def __str__(self) -> str:
        height, width = self.source.size
        used = "all" if self.frame_step == 1 else f"one in {self.frame_step}"
        return (
            f"{self.path}: {self.source.num_frames} frames of {width}x{height}, "
            f"{self.source.frame_rate:.3g} per second; {used} of them are used"
        )
