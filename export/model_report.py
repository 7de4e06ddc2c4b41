"""report.md and report.json: cost and quality of models, stored beside them."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from dfnet_tf.program import outputs

from .profile import Profile

FILE = "report.json"
KEYS = {"file", "bytes", "sha256", "quality", "gpu_delegate", "measured"}
THREADS = (1, 2)  # That models are measured on.
COSTLIEST = 4  # Kinds of operators that are named.
HEADER = (
    "model",
    "MB",
    "against Keras",
    "against truth",
    "1 thread, ms",
    "2 threads, ms",
    "peak MB",
    "outside XNNPACK",
)
NOTE = (
    "Milliseconds: median / 95th percentile of whole runs on this machine. Peak: memory that the "
    "model adds to its process. Outside XNNPACK: share of the operators' time, on one thread."
)


class ReportError(ValueError):
    """A report.json that this program did not write."""


def entry(
    description: dict, findings: Sequence[str], profiles: dict[tuple[str, int], Profile]
) -> dict:
    """One model's entry in a report, as plain data.

    Args:
      description: from `metadata.beside`.
      findings: from `gpu_delegate.findings`.
      profiles: by signature and threads; empty if nothing was measured.
    """
    return {
        **{key: description[key] for key in ("file", "bytes", "sha256", "quality")},
        "gpu_delegate": list(findings),
        "measured": [
            {"signature": signature, "threads": threads, **asdict(profile)}
            for (signature, threads), profile in profiles.items()
        ],
    }


def read(folder: Path) -> list[dict]:
    """The report entries in `folder` whose models still exist, unchanged; [] without a report.

    Raises:
      ReportError: another program wrote report.json, or report.md exists without it.
    """
    path, text = folder / FILE, folder / "report.md"
    if not path.exists():
        if text.exists():
            raise ReportError(f"{text}: expected a report of exported models. Received: a text.")
        return []
    try:
        entries = json.loads(path.read_text())
        whole = all(one.keys() == KEYS for one in entries)
    except (ValueError, AttributeError, TypeError):
        whole = False
    if not whole:
        raise ReportError(f"{path}: expected a report of exported models. Received: another file.")
    return [one for one in entries if _is_of(one, folder / one["file"])]


def _is_of(one: dict, model: Path) -> bool:
    """True if the model exists and is the one that the entry describes."""
    return model.exists() and hashlib.sha256(model.read_bytes()).hexdigest() == one["sha256"]


def write(folder: Path, entries: Iterable[dict]) -> None:
    """Writes report.md and report.json; the last of several entries for a file counts."""
    by_file = {one["file"]: one for one in entries}
    whole = [by_file[file] for file in sorted(by_file)]
    for file, text in ((FILE, json.dumps(whole, indent=1)), ("report.md", markdown(whole))):
        with outputs.whole_file(folder / file) as hidden:
            hidden.write_text(text + "\n")


def line(one: dict) -> str:
    """One line about a model, to print when its file is written."""
    against_keras = _against_keras(one["quality"]["against_keras"])
    return f"{one['file']:<32}{one['bytes'] / 1e6:>7.2f} MB  against Keras: {against_keras}"


def markdown(entries: Sequence[dict]) -> str:
    """A table with a row for each signature of each model; findings below."""
    rows = [row for one in entries for row in _rows(one)]
    lines = [HEADER, ("---",) * len(HEADER), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    note = [NOTE] if any(one["measured"] for one in entries) else []
    details = [each for one in entries for each in _costliest(one)] + _objections(entries)
    return "\n\n".join([table, *note, "\n".join(details)]).rstrip()


def _rows(one: dict) -> list[tuple[str, ...]]:
    measured = {(m["signature"], m["threads"]): m for m in one["measured"]}
    quality = one["quality"]
    first = (
        f"`{one['file']}`",
        f"{one['bytes'] / 1e6:.2f}",
        _against_keras(quality["against_keras"]),
        _against_truth(quality.get("against_truth", {})),
    )
    signatures = list(dict.fromkeys(signature for signature, _ in measured))
    rows = []
    for signature in signatures or [None]:
        single = measured.get((signature, 1))
        rows.append(
            (
                *(first if not rows else ("", "", "", "")),
                *(_latency(measured.get((signature, threads))) for threads in THREADS),
                f"{single['peak_bytes'] / 1e6:.0f}" if single else "",
                f"{single['outside_delegate_share']:.0%}" if single else "",
            )
        )
    return rows


def _latency(measured: dict | None) -> str:
    return f"{measured['median_ms']:.1f} / {measured['p95_ms']:.1f}" if measured else ""


def _against_keras(numbers: dict[str, float]) -> str:
    texts = []
    if "abs_rel" in numbers:
        texts.append(f"abs rel {numbers['abs_rel']:.5f}, MAE {numbers['disparity_mae']:.5f}")
    if "epe" in numbers:
        texts.append(f"EPE {numbers['epe']:.4f} px, relative {numbers['relative_epe']:.5f}")
    return "; ".join(texts)


def _against_truth(numbers: dict[str, float]) -> str:
    texts = []
    if "abs_rel" in numbers:
        texts.append(
            f"abs rel {numbers['abs_rel']:.4f} (constant {numbers['abs_rel_trivial']:.4f})"
        )
    if "epe" in numbers:
        texts.append(f"EPE {numbers['epe']:.3f} px (zero {numbers['epe_trivial']:.3f})")
    return "; ".join(texts)


def _costliest(one: dict) -> list[str]:
    """The kinds of operators that take the most time, for each signature."""
    return [
        f"- `{one['file']}`, {measured['signature']}, time: "
        + ", ".join(f"{kind} ({n}) {share:.0%}" for kind, n, share in measured["ops"][:COSTLIEST])
        for measured in one["measured"]
        if measured["threads"] == 1
    ]


def _objections(entries: Sequence[dict]) -> list[str]:
    """The findings about the GPU delegate, and the models with each finding."""
    files = defaultdict(list)
    for one in entries:
        for finding in one["gpu_delegate"]:
            files[finding].append(f"`{one['file']}`")
    return [f"- GPU: {finding}: {', '.join(names)}" for finding, names in files.items()]
