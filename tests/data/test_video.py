"""Properties of video reading and writing."""

import struct

import cv2
import numpy as np
import pytest

from dfnet_tf.data.video import VideoError, VideoReader, VideoWriter

RED, GREEN = (255, 0, 0), (0, 255, 0)
CODEC_LOSS = 12  # Grey levels that MPEG-4 may move a flat patch by.


def corner_frame(height=48, width=64):
    """Black, with a red top-left and a green top-right corner."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[:16, :16], frame[:16, -16:] = RED, GREEN
    return frame


def write(path, frames, frame_rate=10.0):
    with VideoWriter(path, frame_rate) as video:
        for frame in frames:
            video.add(frame)
    return path


def read(path):
    with VideoReader(path) as video:
        return list(video)


def write_noise(path, num_frames, codec="MJPG"):
    """A video with OpenCV itself, every frame of about the same number of bytes."""
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 10, (64, 48))
    for _ in range(num_frames):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    return path


def test_frames_come_back_in_order_with_colours_rate_and_size(tmp_path):
    frames = [np.full((48, 64, 3), (200, 20 * i, 40), np.uint8) for i in range(10)]
    path = write(tmp_path / "new" / "a.mp4", frames, frame_rate=29.97)
    with VideoReader(path) as video:
        assert (video.size, video.num_frames) == ((48, 64), 10)
        assert video.frame_rate == pytest.approx(29.97)
        decoded = list(video)
    np.testing.assert_allclose(decoded, np.array(frames, float), atol=CODEC_LOSS)


def test_odd_sizes_are_padded_with_their_own_border(tmp_path):
    frame = np.full((47, 63, 3), 200, np.uint8)
    (decoded,) = read(write(tmp_path / "a.mp4", [frame]))
    np.testing.assert_allclose(decoded, np.full((48, 64, 3), 200.0), atol=CODEC_LOSS)


def test_rotation_metadata_turns_the_frames(tmp_path):
    path = write(tmp_path / "a.mp4", [corner_frame()] * 5)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8  # ISO 14496-12, 8.3.2: after the volume.
    quarter_turn = (0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *quarter_turn)
    path.write_bytes(data)
    with VideoReader(path) as video:
        assert video.size == (64, 48)
        frame = next(iter(video))
    assert frame.shape == (64, 48, 3)
    np.testing.assert_allclose(frame[4, -4], RED, atol=2 * CODEC_LOSS)
    np.testing.assert_allclose(frame[-4, -4], GREEN, atol=2 * CODEC_LOSS)


@pytest.mark.parametrize("suffix", ["avi", "mkv"])
def test_half_a_video_is_yielded_and_then_refused(tmp_path, suffix):
    path = write_noise(tmp_path / f"a.{suffix}", 40)
    assert len(read(path)) == 40
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    decoded = []
    with VideoReader(path) as video, pytest.raises(VideoError) as error:
        for frame in video:
            decoded.append(frame)
    assert 15 <= len(decoded) <= 25
    assert f"expected 40 frames, as the file says. Received: {len(decoded)}" in str(error.value)


def test_a_few_missing_frames_are_an_estimate_and_no_damage(tmp_path):
    path = write_noise(tmp_path / "a.avi", 40)
    data = bytearray(path.read_bytes())
    header = data.index(b"vids") + 32  # dwLength of the stream header.
    assert struct.unpack_from("<i", data, header) == (40,)
    struct.pack_into("<i", data, header, 43)
    path.write_bytes(data)
    assert len(read(path)) == 40
    struct.pack_into("<i", data, header, 44)
    path.write_bytes(data)
    with pytest.raises(VideoError, match="expected 44 frames"):
        read(path)


def test_what_cannot_be_opened_is_refused(tmp_path):
    text = tmp_path / "a.mp4"
    text.write_text("no video")
    with pytest.raises(VideoError, match="expected a video that OpenCV can decode. .*cannot open"):
        VideoReader(text)
    with pytest.raises(VideoError, match="Received: no such file"):
        VideoReader(tmp_path / "b.mp4")


def test_an_mp4_without_its_second_half_is_refused(tmp_path):
    path = write(tmp_path / "a.mp4", [corner_frame()] * 10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(VideoError, match="OpenCV can decode"):
        VideoReader(path)


def test_an_error_while_writing_leaves_the_older_file_and_nothing_else(tmp_path):
    path = write(tmp_path / "a.mp4", [corner_frame()])
    older = path.read_bytes()
    with pytest.raises(KeyError), VideoWriter(path, 10) as video:
        video.add(corner_frame())
        raise KeyError
    assert path.read_bytes() == older
    assert list(tmp_path.iterdir()) == [path]


def test_a_clean_end_replaces_the_older_file(tmp_path):
    path = write(tmp_path / "a.mp4", [corner_frame()])
    write(path, [corner_frame()] * 3)
    assert len(read(path)) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_the_writer_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(VideoError, match="ends in .mp4"):
        VideoWriter(tmp_path / "a.avi", 10)
    with pytest.raises(VideoError, match="positive frame rate. Received: 0"):
        VideoWriter(tmp_path / "a.mp4", 0)
    with pytest.raises(VideoError, match=r"shape \[48, 64, 3\]. Received: uint8 of shape \[24, 64"):
        write(tmp_path / "a.mp4", [corner_frame(), corner_frame(height=24)])
    with pytest.raises(VideoError, match="Received: float64"):
        write(tmp_path / "a.mp4", [corner_frame() / 255.0])
    with pytest.raises(VideoError, match="at least one frame"):
        write(tmp_path / "a.mp4", [])
    assert list(tmp_path.iterdir()) == []
