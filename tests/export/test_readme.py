"""The promises of export/README.md."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from export import exporter, metadata
from export.signatures import SIGNATURES
from export.tflite_model import TfliteModel

README = (Path(__file__).parents[2] / "export/README.md").read_text()
ORIGIN = {"trained": {}, "licence": "unstated"}


@pytest.fixture
def folder(networks, tmp_path):
    """depth_int8.tflite with uint8 input, its JSON, and a picture."""
    frames = [
        [np.uint8(255 * frame[0]) for frame in pair] for pair in exporter.noise_pairs((64, 96))
    ]
    signature = SIGNATURES["depth"](networks["depth"], (64, 96), "uint8")
    (part,) = exporter.export_models(signature, ["int8"], frames)
    description = metadata.describe("depth_int8", [part.signature], "int8", ORIGIN, {})
    content = exporter.finished([part], description)
    (tmp_path / "depth_int8.tflite").write_bytes(content)
    beside = metadata.beside(description, content)
    (tmp_path / "depth_int8.json").write_text(json.dumps(beside))
    cv2.imwrite(str(tmp_path / "street.png"), np.kron(frames[0][0], np.ones((2, 2, 1), np.uint8)))
    return tmp_path


def test_the_python_snippet_gives_the_disparity(folder, monkeypatch):
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippet.strip().splitlines()) <= 12
    monkeypatch.chdir(folder)
    names = {}
    exec(snippet, names)
    picture = cv2.imread("street.png")[..., ::-1]
    expected = TfliteModel(folder / "depth_int8.tflite").disparity(picture)
    np.testing.assert_array_equal(names["disparity"], expected)


def test_every_entry_of_the_json_is_explained(folder):
    section = README.partition("## The JSON")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    explained = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert explained == json.loads((folder / "depth_int8.json").read_text()).keys()
