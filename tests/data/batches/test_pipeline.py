import itertools
import struct

import cv2
import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf.data.batches import broken_frames, pipeline
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.geometry import patchwork
from dfnet_tf.presets import preset

CONFIG = (
    preset("tiny")
    .replace(data__height=32, data__width=64, data__batch_size=2, data__max_scale=1.0)
    .data
)


@pytest.fixture
def clips(tmp_path):
    """Two clips; frame i of clip c has the constant grey 40 c + 8 i."""
    for c, length in enumerate([5, 4]):
        with ClipWriter(tmp_path / str(c), image_type="png") as writer:
            writer.intrinsics = np.array([[100.0, 0, 63.5], [0, 100, 31.5], [0, 0, 1]])
            for i in range(length):
                writer.add(np.full([64, 128, 3], 40 * c + 8 * i, np.uint8))
    return read_clips(tmp_path)


def _first_greys(batches):
    return [tuple(np.rint(255 * batch["clean_images"][:, 0, 0, 0, 0])) for batch in batches]


def _take(clips, count, **kwargs):
    return list(itertools.islice(pipeline.training_batches(clips, CONFIG, **kwargs), count))


def test_frames_of_a_window_follow_each_other_and_windows_stay_in_their_clip(clips):
    places, _ = pipeline.windows(clips, CONFIG)
    assert len(places) == 3 + 2
    greys = np.rint(255 * pipeline.plain_batch(clips, CONFIG, [0, 4])["images"][..., 0, 0, 0])
    np.testing.assert_array_equal(greys, [[0, 8, 16], [48, 56, 64]])


def test_intrinsics_are_scaled_with_the_picture(clips):
    batch = pipeline.plain_batch(clips, CONFIG, [0])
    assert batch["images"].shape == (1, 3, 32, 64, 3)
    expected = [[50, 0, (63.5 + 0.5) / 2 - 0.5], [0, 50, (31.5 + 0.5) / 2 - 0.5], [0, 0, 1]]
    np.testing.assert_allclose(batch["intrinsics"][0], expected)


def test_an_epoch_visits_every_window_once(clips):
    greys = np.array(_first_greys(_take(clips, 5, seed=3))).ravel()  # Two epochs of five windows.
    everything = [0, 8, 16, 40, 48]
    np.testing.assert_array_equal(np.sort(greys[:5]), everything)
    np.testing.assert_array_equal(np.sort(greys[5:]), everything)


def test_a_resumed_pipeline_goes_on_with_the_same_batches(clips):
    whole, resumed = _take(clips, 5, seed=1), _take(clips, 2, seed=1, first_step=3)
    for expected, received in zip(whole[3:], resumed, strict=True):
        for name in expected:
            np.testing.assert_array_equal(expected[name], received[name])


def test_another_seed_gives_another_order(clips):
    assert _first_greys(_take(clips, 5, seed=1)) != _first_greys(_take(clips, 5, seed=2))


def test_only_the_networks_inputs_are_jittered(clips):
    batch = _take(clips, 1, seed=0)[0]
    assert np.abs(batch["images"] - batch["clean_images"]).max() > 1e-3


def test_every_frame_of_every_batch_draws_its_own_patchwork(clips):
    draws = np.concatenate([batch["draws"] for batch in _take(clips, 20, seed=0)])
    assert draws.shape == (40, 3, patchwork.NUM_DRAWS)
    assert len(np.unique(draws)) > 0.99 * draws.size
    assert 0 <= draws.min() < 0.01 and 0.99 < draws.max() < 1
    assert draws.mean() == pytest.approx(0.5, abs=0.03)


def test_clips_shorter_than_a_window_are_refused(clips):
    config = preset("tiny").replace(data__num_frames=7).data
    with pytest.raises(ClipError, match="at least 7 frames. Received: .*5 frames"):
        pipeline.training_batches(clips, config, seed=0)


def _error_of_a_pass(clips):
    with pytest.raises(ClipError) as error, broken_frames.tolerated(5, 0.01) as broken:
        _take(clips, 3, seed=0, broken=broken)
    return str(error.value)


def test_an_image_of_another_size_than_the_intrinsics_are_for_is_named(clips):
    path = clips[0].images[4]
    write_rgb(path, np.zeros([64, 127, 3], np.uint8))
    assert _error_of_a_pass(clips).startswith(
        f"{path}: expected the size of the clip's first image, 128x64 (width x height). "
        "Received: 127x64 (width x height)."
    )


def test_an_image_that_is_gone_or_cut_off_is_named(clips):
    path = clips[1].images[2]
    path.write_bytes(path.read_bytes()[:60])
    assert f"{path}: expected an image file" in _error_of_a_pass(clips)
    path.unlink()
    assert f"{path}: expected an image file" in _error_of_a_pass(clips)


def test_an_image_that_an_exif_tag_turns_is_read_upright(clips):
    """As in `Clip.image`, which evaluation uses."""
    path = clips[1].images[2]
    upright = np.zeros([64, 128, 3], np.uint8)
    upright[:32] = 200
    _, jpeg = cv2.imencode(".jpg", np.rot90(upright))  # A turn to the right undoes it.
    clockwise = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)  # Orientation, one SHORT: 6.
    exif = b"Exif\0\0MM" + struct.pack(">HIH", 42, 8, 1) + clockwise + bytes(4)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path.write_bytes(jpeg[:2].tobytes() + segment + jpeg[2:].tobytes())
    frame = pipeline.plain_batch(clips, CONFIG, [4])["images"][0, 1]
    np.testing.assert_allclose(255 * frame[:15], 200, atol=3)
    np.testing.assert_allclose(255 * frame[17:], 0, atol=3)


def test_other_errors_pass_unchanged():
    with pytest.raises(tf.errors.InvalidArgumentError), broken_frames.tolerated(5, 0.01):
        tf.debugging.assert_equal(1, 2)
