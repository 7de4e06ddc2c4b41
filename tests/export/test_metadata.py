"""The description inside a model."""

import hashlib

import numpy as np
import pytest

from export import metadata, recipe
from export.tflite_model import TfliteModel

ORIGIN = {"trained": {"size": [64, 96], "intrinsics": None}, "licence": "öffentlich, 公開"}


@pytest.fixture(scope="module")
def description(signature_of):
    signatures = [signature_of["depth"], signature_of["flow"]]
    quality = {"against_keras": {"abs_rel": 0.0123456789}}
    return metadata.describe("both", signatures, "int8", ORIGIN, quality)


def test_what_was_embedded_is_read_and_changes_no_number(int8_models, samples_of, description):
    model = metadata.embed(int8_models["depth"], description)
    assert metadata.read(model) == description
    sample = samples_of["depth"][0]
    expected = TfliteModel(int8_models["depth"])(**sample)["disparity"]
    assert (TfliteModel(model)(**sample)["disparity"] == expected).all()


def test_a_newer_description_takes_the_place_of_the_older(int8_models, description):
    once = metadata.embed(int8_models["depth"], description)
    twice = metadata.embed(once, description | {"name": "anew"})
    assert metadata.read(twice)["name"] == "anew"
    assert metadata.embed(twice, description).count(b'"licence"') == 1


def test_names_types_shapes_and_ranges_are_those_of_the_file(float_models, samples_of, description):
    for kind, model in float_models.items():
        interface = description["signatures"][kind]
        sample = samples_of[kind][0]
        answer = TfliteModel(model)(**sample)
        for described, arrays in ((interface["inputs"], sample), (interface["outputs"], answer)):
            assert {one["name"] for one in described} == arrays.keys()
            for one in described:
                values = arrays[one["name"]]
                assert (one["dtype"], one["shape"]) == (values.dtype.name, list(values.shape))
                least, greatest = one["range"] or (-np.inf, np.inf)
                assert least <= values.min() < values.max() <= greatest


def test_depth_s_range_is_that_of_the_sigmoid(description):
    disparity, depth = description["signatures"]["depth"]["outputs"]
    assert disparity["range"] == [0.01, 10.01]
    assert depth["range"] == [pytest.approx(1 / 10.01), 100]
    assert description["signatures"]["flow"]["outputs"][0]["range"] is None


def test_the_recipe_is_the_one_that_was_applied(description, signature_of):
    for kind in signature_of:
        rules = recipe.from_json(description["quantization"]["recipe"][kind])
        assert rules == recipe.read(kind, "int8")
    plain = metadata.describe("float", [signature_of["depth"]], "float32", ORIGIN, {})
    assert plain["quantization"] == {"variant": "float32", "recipe": {"depth": []}}


def test_the_copy_beside_a_model_knows_it_by_its_hash(description):
    beside = metadata.beside(description, b"content")
    assert (beside["file"], beside["bytes"]) == ("both.tflite", 7)
    assert beside["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert description.items() <= beside.items()


def test_foreign_files_are_refused_in_one_line(float_models, description, tmp_path):
    def refused(content):
        (tmp_path / "a.tflite").write_bytes(content)
        with pytest.raises(metadata.MetadataError, match="a.tflite: expected") as error:
            metadata.read(tmp_path / "a.tflite")
        assert "\n" not in str(error.value)
        return str(error.value)

    model = metadata.embed(float_models["depth"], description)
    assert "another kind of file" in refused(b"a picture, perhaps")
    assert "another kind of file" in refused(b"")
    assert "no description" in refused(float_models["depth"])
    assert "Received: 2" in refused(metadata.embed(model, {"format": 2}))
    assert "no description" in refused(metadata.embed(model, ["a", "list"]))
    assert "damaged" in refused(model[:1000])
    assert "damaged" in refused(model.replace(b'{"format"', b'{;format"'))


def test_no_damage_ends_in_another_error(float_models, description):
    model = bytearray(metadata.embed(float_models["depth"], description))
    root = int.from_bytes(model[:4], "little")
    random = np.random.default_rng(0)
    for _ in range(200):  # In the part with the tables that lead to the description.
        damaged = bytearray(model)
        damaged[random.integers(root - 40, root + 200)] = random.integers(256)
        try:
            assert isinstance(metadata.read(bytes(damaged)), dict)
        except metadata.MetadataError as error:
            assert str(error).startswith("model: expected")
