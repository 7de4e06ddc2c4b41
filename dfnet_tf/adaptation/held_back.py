"""Divides a film's clips into frames that teach and a tenth of the frames, held back to judge."""

import dataclasses
from collections.abc import Sequence

from dfnet_tf.data.clip import Clip
from dfnet_tf.film.neighbours import DISTANCES

SHARE = 0.1
LEAST = 6  # Number of held-back frames of a clip; shorter clips hold back nothing.
GAP = max(DISTANCES)  # Frames beside the held-back ones, which neither teach nor judge.


@dataclasses.dataclass(frozen=True, eq=False)
class HeldBack:
    """Consecutive frames that judge the networks."""

    clip: Clip  # The judged frames, with the neighbours that their geometry needs.
    judged: range  # The indices of the judged frames in `clip`.


def divided(clips: Sequence[Clip]) -> tuple[list[Clip], list[HeldBack]]:
    """Divides every clip that is long enough: its middle tenth is held back.

    Returns:
      the clips that teach, without the held-back frames and the GAP frames on either side of them;
      and the held-back frames. If all clips are short, nothing is held back.
    """
    taught, held = [], []
    for clip in clips:
        count = max(LEAST, round(SHARE * len(clip)))
        first = (len(clip) - count) // 2
        before, after = first - GAP, first + count + GAP
        if before < LEAST:
            taught.append(clip)
            continue
        taught += [_part(clip, 0, before), _part(clip, after, len(clip))]
        held.append(HeldBack(_part(clip, before, after), range(GAP, GAP + count)))
    return taught, held


def _part(clip: Clip, first: int, end: int) -> Clip:
    """The frames of a clip from `first` on, up to `end` (excluded)."""
    label = f"{clip.name}_{first}-{end - 1}"
    return dataclasses.replace(clip, images=clip.images[first:end], label=label)
