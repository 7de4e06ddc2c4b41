"""Properties of video reading and writing."""

import math
import os
import re
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import films
import numpy as np
import pytest

from dfnet_tf.data.files.film_files import frame_interval, median_interval
from dfnet_tf.data.files.video import VideoError, VideoReader, VideoWriter

os.environ.setdefault("SVT_LOG", "0")  # Before FFmpeg encodes AV1, so that it prints nothing.

RED, GREEN = (255, 0, 0), (0, 255, 0)
ROOT = Path(__file__).parents[3]
CODEC_LOSS = 12  # Grey levels by which MPEG-4 may change a flat patch.


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
    """A video by OpenCV itself; every frame has about the same number of bytes."""
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
    with pytest.raises(VideoError, match="expected a video that FFmpeg can decode. .*cannot open"):
        VideoReader(text)
    with pytest.raises(VideoError, match="Received: no such file"):
        VideoReader(tmp_path / "b.mp4")


def test_a_colon_in_a_name_is_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("12:30.mp4"), [corner_frame()] * 3)
    assert len(read("12:30.mp4")) == 3
    assert frame_interval("12:30.mp4") == pytest.approx(0.1)


def test_text_is_no_video_whatever_its_name(tmp_path):
    text = tmp_path / "a.txt"  # FFmpeg would show it as a film.
    text.write_text("no video\n" * 50)
    with pytest.raises(VideoError, match="a.txt: expected a video .* Received: one it cannot open"):
        VideoReader(text)


def damaged(path, frames):
    """Overwrites the image data of `frames` in an MJPG file, but not the headers between them."""
    data = bytearray(path.read_bytes())
    starts = [match.start() for match in re.finditer(b"\xff\xd8\xff", data)]
    for i in frames:
        begin, end = starts[i], starts[i + 1] - 8
        data[begin:end] = bytes(end - begin)
    path.write_bytes(data)
    return path


def test_frames_that_cannot_be_decoded_are_told_and_the_later_ones_still_come(tmp_path):
    path = write_noise(tmp_path / "a.avi", 20)
    whole = read(path)
    with VideoReader(damaged(path, [7, 8])) as video:
        times, frames = zip(*video.timed(), strict=True)
    assert [i for i, frame in enumerate(frames) if frame is None] == [7, 8]
    np.testing.assert_allclose(times, [*np.arange(7) / 10, np.nan, np.nan, *np.arange(9, 20) / 10])
    np.testing.assert_array_equal(frames[9:], whole[9:])


def test_frames_lost_in_the_middle_are_told_by_the_times_of_the_others(tmp_path):
    path = write_noise(tmp_path / "a.mkv", 40, "mp4v")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) * 2 // 3] = bytes(len(data) * 2 // 3 - len(data) // 2)
    path.write_bytes(data)
    with VideoReader(path) as video:
        times, frames = zip(*video.timed(), strict=True)
    assert 10 < len(times) < 37
    assert times[-1] == pytest.approx(3.9)
    assert len([frame for frame in frames if frame is not None]) > 10
    with pytest.raises(VideoError, match="Received: a damaged one"):
        read(path)


def test_a_wrong_rate_makes_no_whole_video_too_short(tmp_path):
    with VideoReader(write_noise(tmp_path / "a.avi", 40)) as video:
        video.frame_rate = 1.0
        assert len(list(video.timed())) == 40


def test_broken_files_print_nothing(tmp_path):
    """In a new process, in which this project loads OpenCV."""
    damaged(write_noise(tmp_path / "a.avi", 20), [7, 8])
    write_noise(tmp_path / "b.mp4", 20, "mp4v")
    data = (tmp_path / "b.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(data[:3000] + bytes(6000) + data[9000:])
    (tmp_path / "c.mp4").write_bytes(b"no video")
    picture = cv2.imencode(".png", corner_frame())[1].tobytes()
    (tmp_path / "d.png").write_bytes(picture[: len(picture) // 2])
    code = f"""
import contextlib
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import image_files, video
for name in ("a.avi", "b.mp4", "c.mp4"):
    with contextlib.suppress(video.VideoError), video.VideoReader("{tmp_path}/" + name) as reader:
        list(reader.timed())
with contextlib.suppress(ClipError):
    image_files.read_rgb("{tmp_path}/d.png")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_frames_alone_end_at_one_that_cannot_be_decoded(tmp_path):
    path = damaged(write_noise(tmp_path / "a.avi", 20), [7, 8])
    with VideoReader(path) as video, pytest.raises(VideoError, match="a damaged one, frame 7"):
        list(video)


@pytest.mark.parametrize("suffix", ["avi", "mkv", "mp4"])
def test_the_usual_interval_is_that_of_the_frame_rate(tmp_path, suffix):
    path = write_noise(tmp_path / f"a.{suffix}", 5, "mp4v")
    assert frame_interval(path) == pytest.approx(0.1)


def test_neither_order_nor_doubles_nor_a_pause_move_the_usual_interval():
    assert median_interval([0, 3, 1, 2, 2, 2, 2, 2, 90]) == 1


@pytest.mark.filterwarnings("error")
def test_the_usual_interval_of_what_has_none_is_not_known(tmp_path):
    assert math.isnan(frame_interval(write(tmp_path / "a.mp4", [corner_frame()])))


def test_an_mp4_without_its_second_half_is_refused(tmp_path):
    path = write(tmp_path / "a.mp4", [corner_frame()] * 10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(VideoError, match="FFmpeg can decode"):
        VideoReader(path)


TEXTURE = films.moving_texture(12)


def timed(path):
    """The times and frames of a film."""
    with VideoReader(path) as video:
        return [list(values) for values in zip(*video.timed(), strict=True)]


def assert_shows(frames, pictures, loss=CODEC_LOSS):
    """Every frame resembles its own picture more than any other."""
    assert len(frames) == len(pictures)
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(np.float32(frame) - picture).mean() < loss


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {"codec": "libsvtav1"}),
        ("a.mov", {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
        ("a.webm", {"codec": "libvpx-vp9"}),
        ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
        ("a.ts", {}),
        ("a.mkv", {"audio": 5.0}),
        ("a.h264", {}),
    ],
)
def test_films_of_all_kinds_show_what_was_filmed(tmp_path, name, settings):
    assert_shows(read(films.write_film(tmp_path / name, TEXTURE, **settings)), TEXTURE)


@pytest.mark.parametrize("order", ["tff=1", "bff=1"])
def test_an_interlaced_film_shows_one_moment_a_frame(tmp_path, order):
    """Its other rows are black: they belong to a moment that must not be visible."""
    upper = [picture * (np.arange(96) % 2 == 0)[:, None, None] for picture in TEXTURE]
    options = {"flags": "+ildct+ilme", "x264-params": order, "crf": "1"}
    path = films.write_film(tmp_path / "a.mp4", np.uint8(upper), pix_fmt="yuv444p", options=options)
    assert_shows(read(path), TEXTURE)
    with VideoReader(path) as video:
        assert video.remarks == ["interlaced: every other row is interpolated"]


def test_what_an_edit_list_hides_is_neither_shown_nor_missed(tmp_path):
    path = films.write_film(tmp_path / "a.mp4", TEXTURE, hidden=4)
    with VideoReader(path) as video:
        assert video.num_frames == 8
        assert_shows(list(video), TEXTURE[4:])
    times, _ = timed(path)
    np.testing.assert_allclose(times, np.arange(8) / 10, atol=1e-4)


def test_an_edit_list_may_cut_the_end(tmp_path):
    path = films.write_film(tmp_path / "a.mp4", TEXTURE, options={"bf": "0"})
    data = bytearray(path.read_bytes())
    place = data.index(b"elst") + 12  # ISO 14496-12, 8.6.6: the first entry's duration.
    (duration,) = struct.unpack_from(">I", data, place)
    struct.pack_into(">I", data, place, duration // 2)
    path.write_bytes(data)
    assert_shows(read(path), TEXTURE[:6])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm"])
def test_times_are_those_of_the_frames_at_a_varying_rate(tmp_path, suffix):
    times = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.1]
    codec = "libvpx-vp9" if suffix == "webm" else "libx264"
    path = films.write_film(tmp_path / f"a.{suffix}", TEXTURE, times, codec)
    np.testing.assert_allclose(timed(path)[0], times, atol=1e-3)
    assert len(read(path)) == 12
    assert frame_interval(path) == pytest.approx(0.1)


def test_frames_that_an_avi_stores_in_another_order_have_their_times_in_theirs(tmp_path):
    path = films.write_film(tmp_path / "a.avi", TEXTURE, options={"bf": "2"}, unit=Fraction(1, 10))
    times, frames = timed(path)
    assert_shows(frames, TEXTURE)
    np.testing.assert_allclose(times, np.arange(12) / 10)


@pytest.mark.parametrize(("aspect", "size"), [((16, 11), (96, 233)), ((3, 4), (128, 160))])
def test_pixels_that_are_not_square_are_stretched_as_players_do(tmp_path, aspect, size):
    path = films.write_film(tmp_path / "a.mp4", TEXTURE, pixel_aspect=Fraction(*aspect))
    with VideoReader(path) as video:
        assert video.size == size
        assert "not square" in video.remarks[0] and f"{size[1]}x{size[0]}" in video.remarks[0]
        frames = list(video)
    assert_shows(frames, [cv2.resize(picture, size[::-1]) for picture in TEXTURE])


def test_a_photograph_is_no_film(tmp_path):
    path = films.write_film(tmp_path / "a.mp4", TEXTURE)
    data = path.read_bytes()
    brand = data.index(b"ftyp") + 4
    (tmp_path / "a.heic").write_bytes(data[:brand] + b"heic" + data[brand + 4 :])
    with pytest.raises(VideoError, match="a.heic: expected a film. Received: a HEIC .* JPEG"):
        VideoReader(tmp_path / "a.heic")


def test_of_an_unknown_codec_a_command_is_told_that_converts_the_film(tmp_path):
    path = films.write_film(tmp_path / "a.mp4", TEXTURE)
    before, found, after = path.read_bytes().rpartition(b"avc1")
    assert found
    path.write_bytes(before + b"zzzz" + after)
    with pytest.raises(VideoError, match=f"unknown codec; this converts it: ffmpeg -i {path} -c:v"):
        VideoReader(path)


def test_an_mp4_whose_last_frames_are_gone_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    with films.av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=10, options={"g": "1"})
        stream.height, stream.width = 96, 160
        for picture in TEXTURE:
            frame = films.av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with films.av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux() if packet.size]
    start, size = places[8]
    path.write_bytes(path.read_bytes()[: start + size // 2])  # 3.5 frames are missing.
    with pytest.raises(VideoError, match="expected 12 frames.* Received: 8; it is truncated"):
        VideoReader(path)  # Before any work.


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
