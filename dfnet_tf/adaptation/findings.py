"""What to distrust in the results of a run on a film."""

import math

from dfnet_tf.adaptation.offer import Offer
from dfnet_tf.adaptation.own_film import OwnFilm
from dfnet_tf.adaptation.record import Record

ROUGH, WRONG = 0.2, 0.35  # Gap of log depth to the film's geometry: 0.35 is about a third of depth.
WEAK_FLOW = 0.5  # Error of flow against DIS, as a share of the flow's length.
MOVES = 0.1


def findings(film: OwnFilm, record: Record) -> list[str]:
    """One sentence or two for each doubt."""
    prepared, judged = record["prepare"], record["judge"]
    offer = Offer(**record["look"]["offer"])
    gap = judged["agreements"][-1 if judged["improved"] else 0]["geometric"]
    found = list(prepared["notes"])
    if not film.camera:
        found.append(
            f"The camera is not known: {prepared['camera']}. A wrong field of view bends depth and "
            "path; --fov_degrees or --intrinsics gives a better one."
        )
    if math.isnan(gap):
        found.append(
            "Nothing in the film could judge depth: no held-back frame shows enough parallax."
        )
    elif gap > WRONG:
        found.append(
            f"Depth is hardly better than a guess: it is {gap:.0%} off the film's own geometry."
        )
    elif gap > ROUGH:
        found.append(f"Depth is rough: it is {gap:.0%} off the film's own geometry.")
    if offer.confidence < 0.6:
        found.append(
            f"The film's geometry decides only {offer.confidence:.0%} of the depth in prediction/. "
            "The network alone decides elsewhere: sky, things without texture, and what moves."
        )
    if offer.moving > MOVES:
        found.append(
            f"{offer.moving:.0%} of what flow follows moves by itself. Depth of moving things is "
            "the network's guess."
        )
    if judged["flow_error"] > WEAK_FLOW * judged["flow_length"]:
        found.append(
            f"Flow is weak in this film: it is {judged['flow_error']:.1f} pixels from DIS flow, "
            f"whose mean length is {judged['flow_length']:.1f}."
        )
    found += [
        f"In 8 bits, {network} differs too much from the network on this film, so the model is in "
        "half precision."
        for network in record["export"]["not_int8"]
    ]
    found.append("Lengths are known up to one factor: one camera alone cannot measure metres.")
    return found
