"""Exports the networks of a trained run to .tflite models for the phone.

python -m export.export_tflite --run_dir=runs/drive --output=out/models --calibration=data/drive

Leaves depth_int8.tflite and flow_int8.tflite, each only once it agrees with the Keras network. The
models take RGB in [0, 1], float32 [1, height, width, 3]: `image` gives `disparity` and `depth`
(up to scale); `first` and `second` give `flow`, in pixels of the model's size.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import app, flags

from dfnet_tf import mains, outputs
from export import NETWORKS, QUANTIZATIONS

MAX_PAIRS = 32  # Ranges of activations settle long before.

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write the models to.", required=True)
_NETWORK = flags.DEFINE_enum("network", "both", [*NETWORKS, "both"], "What to export.")
_QUANTIZATION = flags.DEFINE_enum(
    "quantization",
    "int8",
    [*QUANTIZATIONS, "all"],
    "float32; float16: half the size; dynamic: a quarter, weights in 8 bits; int8: a quarter, and "
    "the convolutions calculate in 8 bits.",
)
_CALIBRATION = flags.DEFINE_string(
    "calibration",
    None,
    "A clip folder, or a folder of clips, like what the models will see. int8 takes the ranges of "
    "its numbers from it; every model is compared with Keras on it (else: on noise).",
)
_HEIGHT = flags.DEFINE_integer(
    "height", None, "Of the models' input, pixels; as trained if left out.", lower_bound=1
)
_WIDTH = flags.DEFINE_integer(
    "width", None, "Of the models' input, pixels; as trained if left out.", lower_bound=1
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace models that exist.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"Expected flags alone. Received: {' '.join(argv[1:])}.")
    networks = NETWORKS if _NETWORK.value == "both" else (_NETWORK.value,)
    quantizations = QUANTIZATIONS if _QUANTIZATION.value == "all" else (_QUANTIZATION.value,)
    if "int8" in quantizations and not _CALIBRATION.value:
        raise app.UsageError(
            f"Expected --calibration with --quantization={_QUANTIZATION.value}. Received: none."
        )
    paths = [_path(f"{kind}_{name}") for kind in networks for name in quantizations]
    for path in paths:
        outputs.refuse_existing(path, _OVERWRITE.value)

    from dfnet_tf.training import checkpoints  # After the flags: TensorFlow takes seconds.
    from export import exporter

    needed = tuple(f"{kind}_net" for kind in networks)
    model = checkpoints.load_trained(Path(_RUN_DIR.value), needed)
    print(f"{'file':<22}{'MB':>7}{'ops':>6}  against Keras")
    for kind in networks:
        network, size = _network_and_size(model, kind)
        pairs = _frame_pairs() if _CALIBRATION.value else ()
        for exported in exporter.export_models(kind, network, size, quantizations, pairs):
            with outputs.whole_file(_path(exported.name)) as file:
                file.write_bytes(exported.content)
            print(_row(exported), flush=True)
    print(f"Measure them: python -m export.benchmark --model={paths[0]}")


def _path(name: str) -> Path:
    return Path(_OUTPUT.value) / f"{name}.tflite"


def _network_and_size(model, kind: str):
    """A network of the trained model, and the (height, width) at which it is exported."""
    network, (height, width) = {
        "depth": (model.depth_net, model.depth_size),
        "flow": (model.flow_net, model.flow_size),
    }[kind]
    return network, (_HEIGHT.value or height, _WIDTH.value or width)


def _frame_pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Up to MAX_PAIRS pairs of consecutive frames, evenly spread over the calibration clips."""
    from dfnet_tf.data import clip

    clips = clip.read_clips(_CALIBRATION.value)
    places = [(one, i) for one in clips for i in range(len(one) - 1)]
    if not places:
        raise clip.ClipError(
            f"{_CALIBRATION.value}: expected a clip of two or more frames. Received: one frame."
        )
    chosen = np.linspace(0, len(places) - 1, min(MAX_PAIRS, len(places))).round().astype(int)
    for one, i in (places[k] for k in chosen):
        yield one.image(i), one.image(i + 1)


def _row(exported) -> str:
    numbers = exported.parity
    against_keras = (
        f"abs rel {numbers['abs_rel']:.5f}, disparity MAE {numbers['disparity_mae']:.5f}"
        if "abs_rel" in numbers
        else f"EPE {numbers['epe']:.4f} px, relative {numbers['relative_epe']:.5f}"
    )
    file = f"{exported.name}.tflite"
    return f"{file:<22}{numbers['num_bytes'] / 1e6:>7.2f}{numbers['num_ops']:>6}  {against_keras}"


if __name__ == "__main__":
    mains.run(main)
