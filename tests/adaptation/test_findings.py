"""What the report warns of: each doubt alone, by numbers on either side of its limit."""

import copy
from pathlib import Path

import pytest

from dfnet_tf.adaptation import report
from dfnet_tf.adaptation.findings import findings
from dfnet_tf.adaptation.own_film import OwnFilm

FILM = OwnFilm(Path("drive.mp4"), None, Path("out"), Path("start"), 15.0, {"fov_degrees": 60.0})
GOOD = {
    "prepare": {"notes": [], "camera": "field of view of 60 degrees"},
    "look": {
        "offer": {
            "followed": 0.8,
            "parallax": 5.0,
            "turn": 0.3,
            "moving": 0.02,
            "confidence": 0.7,
            "spread": 0.1,
        }
    },
    "adapt": {},
    "judge": {
        "improved": True,
        "agreements": [{"geometric": 0.3}, {"geometric": 0.1}],
        "flow_error": 0.5,
        "flow_length": 5.0,
    },
    "export": {"not_int8": []},
}


def changed(**changes) -> dict:
    """GOOD with `part__name` or `part__offer__name` replaced."""
    record = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *parts, name = path.split("__")
        place = record
        for part in parts:
            place = place[part]
        place[name] = value
    return record


def test_a_good_film_leaves_only_the_unknown_scale():
    (only,) = findings(FILM, GOOD)
    assert "up to one factor" in only


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"judge__improved": False}, "Depth is rough: it is 30%"),
        ({"judge__agreements": [{"geometric": 0.5}] * 2}, "hardly better than a guess"),
        ({"judge__agreements": [{"geometric": float("nan")}] * 2}, "could judge depth"),
        ({"look__offer__confidence": 0.3}, "decides only 30%"),
        ({"look__offer__moving": 0.4}, "40% of what flow follows moves"),
        ({"judge__flow_error": 3.0}, "Flow is weak"),
        ({"prepare__notes": ["nearly black"]}, "nearly black"),
        ({"export__not_int8": ["flow"]}, "In 8 bits, flow differs too much"),
    ],
)
def test_every_doubt_is_told(change, words):
    found = findings(FILM, changed(**change))
    assert len(found) == 2 and words in found[0]


def test_a_camera_that_nobody_gave_is_doubted():
    unknown = OwnFilm(Path("drive.mp4"), None, Path("out"), Path("start"), 15.0, {})
    assert "camera is not known" in findings(unknown, GOOD)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Adapted: depth's distance from the film's own geometry fell from 30% to 10%"),
        ({"judge__improved": False}, "Adapting did not help"),
        ({"adapt__kept_as_is": "no time was given"}, "stayed as they were: no time was given"),
    ],
)
def test_the_verdict_says_what_became_of_the_networks(change, words):
    assert words in report.verdict(changed(**change))
