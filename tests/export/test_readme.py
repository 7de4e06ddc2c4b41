"""The promises of export/README.md."""

import json
import re
from pathlib import Path

import cv2
import numpy as np

from export.tflite_model import TfliteModel

README = (Path(__file__).parents[2] / "export/README.md").read_text()


def test_the_python_snippet_gives_the_disparity(exported_folder, monkeypatch):
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippet.strip().splitlines()) <= 12
    monkeypatch.chdir(exported_folder)
    names = {}
    exec(snippet, names)
    picture = cv2.imread("street.png")[..., ::-1]
    expected = TfliteModel(exported_folder / "depth_int8.tflite").disparity(picture)
    np.testing.assert_array_equal(names["disparity"], expected)


def test_every_entry_of_the_json_is_explained(exported_folder):
    section = README.partition("## The JSON")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    explained = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert explained == json.loads((exported_folder / "depth_int8.json").read_text()).keys()
