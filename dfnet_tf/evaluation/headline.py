"""One number per task, for comparing networks, beside that of a trivial prediction.

Each function returns {"ours": number, "trivial": number}; lower is better.
"""

from collections.abc import Callable, Iterable, Sequence

from dfnet_tf.data.clip import Clip
from dfnet_tf.data.truth.depth_samples import clip_samples
from dfnet_tf.data.truth.flow_pairs import FlowPair
from dfnet_tf.evaluation import depth_protocol, flow_protocol, odometry_protocol
from dfnet_tf.evaluation.depth_metrics import GARG_CROP

FAR = 80.0  # Metres: farther depths are not evaluated.


def depth_error(clips: Sequence[Clip], predict: Callable, crop=GARG_CROP) -> dict[str, float]:
    """Abs rel of depth, each image scaled by its median; trivial: constant depth.

    The arguments are as in `depth_protocol.evaluate_depth`, for clips with depth.
    """
    measured = depth_protocol.evaluate_depth(clip_samples(clips), predict, crop, caps=(FAR,))
    return {who: measured[who][f"{FAR:g}m"]["abs_rel"] for who in ("ours", "trivial")}


def flow_error(pairs: Iterable[FlowPair], predict: Callable) -> dict[str, float]:
    """End-point error in pixels, without occluded pixels if the truth has masks; trivial: zero."""
    measured = flow_protocol.evaluate_flow(pairs, predict)
    pixels = "noc" if "noc" in measured["ours"] else "occ"
    return {who: measured[who][pixels]["epe"] for who in ("ours", "trivial")}


def motion_error(clips: Sequence[Clip], predict: Callable) -> dict[str, float]:
    """RMSE of 5-frame trajectories scaled to the truth, in the truth's unit; trivial: ahead."""
    measured = odometry_protocol.evaluate_odometry(clips, predict)
    return {who: measured[who]["snippet"]["rmse"] for who in ("ours", "trivial")}
