"""Costs and gains of each way of quantizing: export's recipes, and others that were tried.

python -m benchmarks.quantization --run_dir=pretrained/mobile --calibration=data/drive \
    --truth_depth=data/kitti_depth --truth_flow=data/kitti_flow --height=192 --width=640

Prints a Markdown table for each network. "against Keras": mean abs rel of depth, mean EPE of flow
in the model's pixels, on frames of --truth_depth. "against truth": abs rel (80 m, each image scaled
by its median), EPE of pixels visible in both images. "16 views": the same flow pairs in 8 windows
each (see `flow_views`). Milliseconds: medians on one thread, models taking turns.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from absl import flags

from benchmarks.relative_table import table
from dfnet_tf.program import mains
from export import NETWORKS, QUANTIZATIONS

TRIED = Path(__file__).parent / "recipes"  # {network}_{name}.json, as in export/recipes.
CALIBRATION_FRAMES = 16
COMPARED_FRAMES = 9

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_CALIBRATION = flags.DEFINE_string(
    "calibration", None, "A clip for finding the ranges of activations.", required=True
)
_TRUTH_DEPTH = flags.DEFINE_string(
    "truth_depth", None, "A clip with depth/ for evaluation.", required=True
)
_TRUTH_FLOW = flags.DEFINE_string(
    "truth_flow", None, "Pairs with true flow for evaluation.", required=True
)
_HEIGHT = flags.DEFINE_integer("height", 192, "Height of the models' input.", lower_bound=1)
_WIDTH = flags.DEFINE_integer("width", 640, "Width of the models' input.", lower_bound=1)
_NETWORK = flags.DEFINE_enum("network", "both", [*NETWORKS, "both"], "The networks to quantize.")
_RUNS = flags.DEFINE_integer("runs", 30, "Timed runs of every model.", lower_bound=1)


def main() -> None:
    mains.load_tensorflow()
    from dfnet_tf.training import checkpoints

    networks = NETWORKS if _NETWORK.value == "both" else (_NETWORK.value,)
    model = checkpoints.load_trained(
        Path(_RUN_DIR.value), tuple(f"{network}_net" for network in networks)
    )
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            rows = _rows(network, getattr(model, f"{network}_net"), Path(folder))
        print(f"\n{network}, {_HEIGHT.value}x{_WIDTH.value}\n\n{table(rows)}", flush=True)


def _rows(network: str, keras_network, folder: Path) -> dict[str, dict[str, float]]:
    """The measurements of each model, by the name of its recipe."""
    from export import convert, parity, signatures

    signature = signatures.SIGNATURES[network](keras_network, (_HEIGHT.value, _WIDTH.value))
    samples = _samples(signature, _CALIBRATION.value, CALIBRATION_FRAMES)
    compared = _samples(signature, _TRUTH_DEPTH.value, COMPARED_FRAMES)
    judge, rows = _judge(network), {}
    for name, model in _models(network, convert.to_tflite(signature), samples).items():
        (folder / f"{name}.tflite").write_bytes(model)
        against_keras = parity.compare(model, compared, signature.function)
        rows[name] = {
            "MB": len(model) / 1e6,
            "against Keras": against_keras["abs_rel" if network == "depth" else "epe"],
            **judge(model),
        }
    for name, milliseconds in _milliseconds(list(rows), folder, network).items():
        rows[name]["ms"] = milliseconds
    return rows


def _models(network: str, model: bytes, samples: list) -> dict[str, bytes]:
    """The float32 model, quantized by the network's own recipes and by those that were tried."""
    from export import recipe
    from export.quantize import apply, quantize

    ours = {name: quantize(model, name, network, samples) for name in QUANTIZATIONS}
    tried = {
        path.stem.removeprefix(f"{network}_"): apply(recipe.load(path), model, network, samples)
        for path in sorted(TRIED.glob(f"{network}_*.json"))
    }
    return ours | tried


def _samples(signature, folder: str, count: int) -> list[dict[str, np.ndarray]]:
    """Inputs of the network from `count` pairs of frames, evenly spaced over the clips."""
    from dfnet_tf.data.example_pairs import frame_pairs
    from export.tflite_model import resized

    return [
        signature.sample(*(resized(frame, signature.size) for frame in pair))
        for pair in frame_pairs(folder, count)
    ]


def _judge(network: str) -> Callable[[bytes], dict[str, float]]:
    """A function that computes a model's errors against the truth."""
    from benchmarks.flow_views import views
    from dfnet_tf.data.clips import read_clips
    from dfnet_tf.data.truth import flow_pairs
    from dfnet_tf.evaluation import headline
    from export.tflite_model import TfliteModel

    if network == "depth":
        clips = read_clips(_TRUTH_DEPTH.value)

        def abs_rel(model):
            errors = headline.depth_error(clips, TfliteModel(model).disparity)
            return {"against truth": errors["ours"]}

        return abs_rel

    pairs = list(flow_pairs.read_flow_pairs(_TRUTH_FLOW.value))
    judged = {"against truth": pairs, f"{8 * len(pairs)} views": list(views(pairs))}

    def epe(model):
        flow = TfliteModel(model).flow
        return {name: headline.flow_error(of, flow)["ours"] for name, of in judged.items()}

    return epe


def _milliseconds(names: list[str], folder: Path, signature: str) -> dict[str, float]:
    from export.profile import Case, latencies

    cases = [Case(folder / f"{name}.tflite", 1, "interpreter", signature) for name in names]
    return dict(zip(names, np.median(latencies(cases, _RUNS.value), axis=0), strict=True))


if __name__ == "__main__":
    mains.run(main)
