"""Exports the networks of a trained run to .tflite models for the phone.

python -m export.export_tflite --run_dir=runs/drive --output=out/models --calibration=data/drive
(dfnet export ..., where it is installed)

Writes depth_int8.tflite and flow_int8.tflite, each only after it agrees with the Keras network,
each with a JSON that describes it, and report.md. `image` gives `disparity` and `depth` (up to
scale); `first` and `second` give `flow`, in pixels of the model's size. See export/README.md.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from absl import app, flags

from dfnet_tf.program import locations, mains, outputs

from . import INPUTS, NETWORKS, QUANTIZATIONS

MAX_PAIRS = 32  # Ranges of activations settle long before.
RUNS = 30  # Timed, of each model.

_RUN_DIR = flags.DEFINE_string("run_dir", None, "The folder of a training run.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "The folder to write the models to.", required=True)
_NETWORK = flags.DEFINE_enum(
    "network", None, [*NETWORKS, "both"], "What to export; left out: what the run trained of both."
)
_QUANTIZATION = flags.DEFINE_enum(
    "quantization",
    "int8",
    [*QUANTIZATIONS, "all"],
    "float32; float16: half the size; dynamic: a quarter, weights in 8 bits; int8: a quarter, and "
    "the convolutions calculate in 8 bits; int8_weights: a quarter, calculates in float.",
)
_ONE_FILE = flags.DEFINE_bool(
    "one_file", False, "Both networks in one file, with two signatures: depth_flow_int8.tflite."
)
_INPUT = flags.DEFINE_enum(
    "input", "float32", INPUTS, "What the models take: RGB in [0, 1], or uint8 in [0, 255]."
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
_TRUTH_DEPTH = flags.DEFINE_string(
    "truth_depth", None, "Clips with depth/ to judge the models on, as dfnet_tf.evaluate does."
)
_TRUTH_FLOW = flags.DEFINE_string(
    "truth_flow", None, "Pairs with true flow to judge the models on, as dfnet_tf.evaluate does."
)
_MEASURE = flags.DEFINE_bool(
    "measure", True, f"Measure time ({RUNS} runs on 1 and on 2 threads) and memory of every model."
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace models that exist.")


def main() -> None:
    networks = NETWORKS if _NETWORK.value in ("both", None) else (_NETWORK.value,)
    quantizations = QUANTIZATIONS if _QUANTIZATION.value == "all" else (_QUANTIZATION.value,)
    _check_flags(networks, quantizations)
    run_dir, output = locations.run_folder(_RUN_DIR.value), Path(_OUTPUT.value)

    mains.load_tensorflow()
    from dfnet_tf.training import checkpoints, origin

    from . import model_report

    if _NETWORK.value is None:
        networks = _trained(checkpoints.trained_networks(run_dir))
    for name in _names(networks, quantizations):
        outputs.refuse_existing(_path(name, ".tflite"), _OVERWRITE.value)
        outputs.refuse_existing(_path(name, ".json"), _OVERWRITE.value)
    model_report.read(output)  # Before conversions of minutes: it may be nobody's to replace.
    model = checkpoints.load_trained(run_dir, tuple(f"{kind}_net" for kind in networks))
    learned_from = origin.read(run_dir, model.config)
    truths = _truths()
    entries = []
    for parts in _exported(model, networks, quantizations):
        entries.append(_finish(parts, learned_from, truths))
        model_report.write(output, [*model_report.read(output), entries[-1]])
        print(model_report.line(entries[-1]), flush=True)
    print(f"\n{model_report.markdown(entries)}")


def _check_flags(networks: tuple[str, ...], quantizations: tuple[str, ...]) -> None:
    """Raises UsageError for missing or contradicting flags."""
    if "int8" in quantizations and not _CALIBRATION.value:
        raise app.UsageError(
            f"Expected --calibration with --quantization={_QUANTIZATION.value}. Received: none."
        )
    if _ONE_FILE.value and len(networks) < len(NETWORKS):
        raise app.UsageError(
            f"Expected --network=both with --one_file. Received: {_NETWORK.value}."
        )
    for kind, truth in (("depth", _TRUTH_DEPTH), ("flow", _TRUTH_FLOW)):
        if truth.value and kind not in networks:
            raise app.UsageError(
                f"Expected --network={kind} or both with --{truth.name}. "
                f"Received: {_NETWORK.value}."
            )


def _trained(names: tuple[str, ...]) -> tuple[str, ...]:
    """The NETWORKS that a run trained; prints a line about the other, if there is one."""
    networks = tuple(kind for kind in NETWORKS if f"{kind}_net" in names)
    if left_out := set(NETWORKS) - set(networks):
        print(f"The run trained no {' and no '.join(sorted(left_out))}: it is not exported.")
        if _ONE_FILE.value:
            raise ValueError("Expected a run that trained both with --one_file. Received: another.")
    return networks


def _names(networks: tuple[str, ...], quantizations: tuple[str, ...]) -> list[str]:
    """Names of the models to write, without suffix."""
    kinds = ["_".join(networks)] if _ONE_FILE.value else networks
    return [f"{kind}_{quantization}" for kind in kinds for quantization in quantizations]


def _path(name: str, suffix: str) -> Path:
    return Path(_OUTPUT.value) / f"{name}{suffix}"


def _exported(model, networks: tuple[str, ...], quantizations: tuple[str, ...]) -> Iterator:
    """Yields the checked models of each file to write, file by file."""
    from dfnet_tf.data.example_pairs import frame_pairs

    from . import exporter

    signatures = [_signature(model, kind) for kind in networks]  # Refuses sizes: before any work.
    columns = [
        exporter.export_models(
            signature,
            quantizations,
            frame_pairs(_CALIBRATION.value, MAX_PAIRS) if _CALIBRATION.value else (),
        )
        for signature in signatures
    ]
    if _ONE_FILE.value:
        yield from zip(*columns, strict=True)
    else:
        yield from ((one,) for column in columns for one in column)


def _signature(model, kind: str):
    from .signatures import SIGNATURES

    network, (height, width) = {
        "depth": (model.depth_net, model.depth_size),
        "flow": (model.flow_net, model.flow_size),
    }[kind]
    return SIGNATURES[kind](network, (_HEIGHT.value or height, _WIDTH.value or width), _INPUT.value)


def _truths() -> dict:
    """For each network with ground truth: TfliteModel -> its errors and trivial errors."""
    from dfnet_tf.data.clips import read_clips
    from dfnet_tf.data.truth import flow_pairs
    from dfnet_tf.evaluation import headline

    def depth(model) -> dict[str, float]:
        errors = headline.depth_error(clips, model.disparity)
        return {"abs_rel": errors["ours"], "abs_rel_trivial": errors["trivial"]}

    def flow(model) -> dict[str, float]:
        errors = headline.flow_error(pairs, model.flow)
        return {"epe": errors["ours"], "epe_trivial": errors["trivial"]}

    truths = {}
    if _TRUTH_DEPTH.value:  # Read before the first conversion, which takes minutes.
        clips, truths["depth"] = read_clips(_TRUTH_DEPTH.value), depth
    if _TRUTH_FLOW.value:
        pairs, truths["flow"] = flow_pairs.read_flow_pairs(_TRUTH_FLOW.value), flow
    return truths


def _finish(parts, learned_from: dict, truths: dict) -> dict:
    """Evaluates, describes and writes one file; returns its entry in the report."""
    from dfnet_tf.training import collapse

    from . import exporter, gpu_delegate, half_precision, metadata, model_report
    from .tflite_model import TfliteModel

    name = "_".join([part.signature.name for part in parts] + [parts[0].quantization])
    quality = {"against_keras": {key: part.parity[key] for part in parts for key in part.parity}}
    for part in parts:
        if judge := truths.get(part.signature.name):
            quality.setdefault("against_truth", {}).update(judge(TfliteModel(part.content)))
    description = metadata.describe(
        name,
        [part.signature for part in parts],
        parts[0].quantization,
        learned_from,
        quality,
    )
    content = exporter.finished(parts, description)
    beside = metadata.beside(description, content)
    with (
        outputs.whole_file(_path(name, ".tflite")) as model,
        outputs.whole_file(_path(name, ".json")) as text,
    ):
        model.write_bytes(content)
        text.write_text(json.dumps(beside, indent=1) + "\n")
    for part in parts:
        if part.signature.name == "depth":
            seen = TfliteModel(part.content)(**part.sample)["disparity"]
            if warning := collapse.doubt([collapse.spread(seen)]):
                print(warning, file=sys.stderr)
    findings = gpu_delegate.findings(content)
    if parts[0].quantization in ("float32", "float16"):  # What a GPU computes with.
        for part in parts:
            findings += half_precision.findings(part.content, [part.sample])
    return model_report.entry(beside, findings, _profiles(name, parts))


def _profiles(name: str, parts) -> dict:
    """Time and memory of each signature on one thread and on several."""
    if not _MEASURE.value:
        return {}
    from . import model_report, profile

    signatures = [part.signature.name for part in parts]
    return {
        (signature, threads): profile.profile(_path(name, ".tflite"), threads, RUNS, signature)
        for signature in signatures
        for threads in model_report.THREADS
    }


if __name__ == "__main__":
    mains.run(main)
