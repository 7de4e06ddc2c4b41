"""Properties of the readers of videos and folders of images."""

import struct

import cv2
import films
import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.video import VideoError, VideoWriter
from dfnet_tf.data.sources import footage
from dfnet_tf.data.sources.recording import Excluded, Frame

UNDECODABLE, GAP = Excluded("cannot be decoded"), Excluded("gap in time")


def write_video(path, num_frames=5):
    """Frames with brightness 20 times their number, 10 per second."""
    with VideoWriter(path, 10) as video:
        for i in range(num_frames):
            video.add(np.full((48, 64, 3), 20 * i, np.uint8))
    return path


def write_image(path, value=0, size=(6, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))
    return path


def numbers(frames):
    """The numbers of `write_video`'s frames, by brightness; excluded frames are returned as is."""
    return [x if isinstance(x, Excluded) else round(x.image.mean() / 20) for x in frames]


def test_a_video_is_a_recording_of_its_frames(tmp_path):
    (recording,) = footage.video_recordings(write_video(tmp_path / "drive.mp4"))
    assert (recording.name, recording.num_frames, recording.intrinsics) == ("drive", 5, None)
    assert numbers(recording.read()) == [0, 1, 2, 3, 4]
    assert numbers(recording.read()) == [0, 1, 2, 3, 4]  # May be read repeatedly.


def test_a_folder_is_searched_for_videos(tmp_path):
    for name in ("b10.mp4", "b2.MP4", ".hidden.mp4"):
        write_video(tmp_path / "new.mp4").rename(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no video\n" * 50)
    (tmp_path / "folder.mp4").mkdir()
    names = [recording.name for recording in footage.video_recordings(tmp_path)]
    assert names == ["b2", "b10"]


def test_names_are_fit_for_folders_and_unique(tmp_path):
    names = ["a/drive.mp4", "b/Drive.mp4", "b/my drive (1).mp4", "b/..mp4", "b/GOPR_0001.mp4"]
    files = [tmp_path / name for name in names]
    video = write_video(tmp_path / "video.mp4", 1).read_bytes()
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(video)
    names = [recording.name for recording in footage.video_recordings(*files)]
    assert names == ["drive", "Drive-2", "my_drive-1", "recording", "GOPR-0001"]


def test_a_video_of_varying_rate_is_evened_out(tmp_path):
    """A burst of frames 5 to 7, one missing after frame 9, and a pause after frame 10."""
    durations = [1, 1, 1, 1, 1, 0.25, 0.25, 0.5, 1, 2, 5, 1]
    times = np.cumsum([0, *durations]) / 10
    pictures = [np.full((48, 64, 3), 20 * i, np.uint8) for i in range(13)]
    path = films.write_film(tmp_path / "a.mp4", pictures, times)
    (recording,) = footage.video_recordings(path)
    assert numbers(recording.read()) == [0, 1, 2, 3, 4, 5, 8, 9, 10, GAP, 11, 12]


def evened(seconds, interval=1.0):
    """The frames kept of frames at these times, numbered; None: not decodable."""
    images = [None if s is None else np.int64(i) for i, s in enumerate(seconds)]
    times = [np.nan if s is None else s for s in seconds]
    found = footage.steady_frames(zip(times, images, strict=True), interval)
    return [x if isinstance(x, Excluded) else int(x.image) for x in found]


def test_a_steady_rate_passes_untouched_however_long_and_rounded():
    seconds = np.round(np.arange(3000) / 29.97, 3)  # Matroska stores milliseconds.
    assert evened(seconds, 0.033) == list(range(3000))


def test_times_that_come_twice_are_dropped():
    assert evened([0, 0, 1, 1.01, 2, 2]) == [0, 2, 4]


def test_a_doubled_rate_is_halved():
    assert evened([0, 1, 2, 2.5, 3, 3.5, 4]) == [0, 1, 2, 4, 6]


def test_three_intervals_are_no_gap_and_more_are():
    assert evened([0, 1, 4, 7.01, 8]) == [0, 1, 2, GAP, 3, 4]


def test_a_jump_back_in_time_is_a_gap():
    assert evened([10, 11, 0, 1, 2]) == [0, 1, GAP, 2, 3, 4]


def test_only_the_undecodable_frame_is_excluded():
    assert evened([0, 1, None, None, 9, 10]) == [0, 1, UNDECODABLE, UNDECODABLE, 4, 5]


def test_without_a_usual_interval_nothing_is_dropped():
    assert evened([0, 0, 7, 7.1], interval=np.nan) == [0, 1, 2, 3]


def test_a_video_that_ends_early_is_refused_after_its_frames(tmp_path):
    path = tmp_path / "a.mkv"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for i in range(20):
        writer.write(np.full((48, 64, 3), 10 * i, np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    (recording,) = footage.video_recordings(path)
    frames = []
    with pytest.raises(VideoError, match="expected 20 frames, as the file says. Received: 1[0-9];"):
        frames.extend(recording.read())
    assert numbers(frames[:9:2]) == [0, 1, 2, 3, 4]


def test_what_is_no_video_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(VideoError, match="Received: no such file"):
        footage.video_recordings(write_video(tmp_path / "a.mp4"), tmp_path / "none.mp4")
    (tmp_path / "b.mp4").write_bytes(b"")
    with pytest.raises(VideoError, match=r"b\.mp4: expected a video .* cannot open"):
        footage.video_recordings(tmp_path / "b.mp4")
    (tmp_path / "x.mp4").mkdir()
    with pytest.raises(VideoError, match=r"x\.mp4: .*Received: a folder without any"):
        footage.video_recordings(tmp_path / "x.mp4")


def test_images_come_in_the_order_of_the_numbers_in_their_names(tmp_path):
    names = ["a10.png", "a9.png", "A1.png", "b.png", "a01.png", "2.png", "a2b3.png", "a2b20.png"]
    order = ["2.png", "A1.png", "a01.png", "a2b3.png", "a2b20.png", "a9.png", "a10.png", "b.png"]
    for name in names:
        write_image(tmp_path / "walk" / name, 10 * order.index(name))
    (recording,) = footage.image_recordings(tmp_path / "walk")
    assert (recording.name, recording.num_frames, recording.intrinsics) == ("walk", 8, None)
    values = [frame.image[0, 0, 0] for frame in recording.read()]
    assert values == [0, 10, 20, 30, 40, 50, 60, 70]


def test_a_folder_of_folders_is_a_recording_each(tmp_path):
    for name in ("run10/a.png", "run9/a.png", "run9/b.png", ".hidden/a.png", "notes/a.txt"):
        write_image(tmp_path / name) if name.endswith("png") else (tmp_path / "notes").mkdir()
    found = footage.image_recordings(tmp_path)
    assert [(recording.name, recording.num_frames) for recording in found] == [
        ("run9", 2),
        ("run10", 1),
    ]


def test_images_of_the_folder_itself_come_before_folders(tmp_path):
    write_image(tmp_path / "mine" / "a.png")
    write_image(tmp_path / "mine" / "masks" / "b.png")
    assert [r.name for r in footage.image_recordings(tmp_path / "mine")] == ["mine"]


@pytest.mark.parametrize(
    ("orientation", "row", "column"), [(1, 0, 0), (3, -1, -1), (6, 0, -1), (8, -1, 0)]
)
def test_exif_orientation_turns_the_image(tmp_path, orientation, row, column):
    image = np.zeros((32, 48, 3), np.uint8)
    image[:8, :8] = 255  # The position of this corner when displayed: CIPA DC-008, tag 274.
    data = cv2.imencode(".jpg", image)[1].tobytes()
    entry = struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "a.jpg").write_bytes(data[:2] + segment + data[2:])
    (recording,) = footage.image_recordings(tmp_path)
    (frame,) = recording.read()
    assert frame.image.shape[:2] == ((48, 32) if orientation in (6, 8) else (32, 48))
    assert frame.image[row, column].min() > 240
    assert frame.image.mean() < 20


def test_an_undecodable_image_leaves_a_hole(tmp_path):
    for i in range(4):
        write_image(tmp_path / f"{i}.png", 20 * i)
    (tmp_path / "0.png").write_bytes(b"no image")
    data = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(data[: len(data) // 2])
    (recording,) = footage.image_recordings(tmp_path)
    assert numbers(recording.read()) == [UNDECODABLE, 1, UNDECODABLE, 3]


def test_an_image_of_another_size_is_refused(tmp_path):
    write_image(tmp_path / "0.png")
    write_image(tmp_path / "1.png", size=(6, 10))
    (recording,) = footage.image_recordings(tmp_path)
    frames = recording.read()
    assert isinstance(next(frames), Frame)
    with pytest.raises(ClipError, match=r"1\.png: .* first image's size, 8x6. Received: 10x6"):
        next(frames)


def test_what_has_no_images_is_refused(tmp_path):
    with pytest.raises(ClipError, match="Received: no such folder"):
        footage.image_recordings(tmp_path / "none")
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ClipError, match="expected a folder of images .*Received: neither"):
        footage.image_recordings(tmp_path)
    with pytest.raises(ClipError, match="Received: no such folder"):
        footage.image_recordings(write_video(tmp_path / "a.mp4"))


def test_a_film_of_several_that_cannot_be_opened_is_an_error_of_its_own_recording(tmp_path):
    write_video(tmp_path / "good.mp4")
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "good.mp4").read_bytes()[:900])
    cut, good = footage.video_recordings(tmp_path)
    assert (cut.name, cut.num_frames, len(list(good.read()))) == ("cut", 0, 5)
    with pytest.raises(VideoError, match=r"cut\.mp4: expected a video"):
        list(cut.read())
    with pytest.raises(VideoError, match=r"cut\.mp4: expected a video"):
        footage.video_recordings(tmp_path / "cut.mp4")


@pytest.mark.parametrize(
    "name", ["depth", "Depth_maps", "masks", "gt", "labels", "sparse_depth", "seg_masks", "flow2"]
)
def test_depth_and_masks_beside_images_are_no_recordings(tmp_path, name):
    for folder in ("rgb", "segment_03", "normal_drive", "overflow", name):
        write_image(tmp_path / folder / "0.png")
    recordings = footage.image_recordings(tmp_path)
    names = [recording.name for recording in recordings]
    assert names == ["normal_drive", "overflow", "rgb", "segment-03"]
    (note,) = {recording.note for recording in recordings}
    assert note == f"left out, because not photographic: {name}"
    (alone,) = footage.image_recordings(tmp_path / name)  # A folder that is named directly is read.
    assert alone.note == ""


def test_of_a_clip_folder_images_alone_are_a_recording(tmp_path):
    for kind in ("images", "depth", "flow", "anything"):
        write_image(tmp_path / "walk" / kind / "0.png")
    (recording,) = footage.image_recordings(tmp_path / "walk")
    assert (recording.name, "anything" in recording.note) == ("walk", True)


def test_unsupported_photographs_are_reported(tmp_path):
    write_image(tmp_path / "0.png")
    for name in ("1.HEIC", "2.dng"):
        (tmp_path / name).touch()
    (recording,) = footage.image_recordings(tmp_path)
    assert recording.note == "left out: 2 HEIC or raw photographs; convert them to JPEG"


@pytest.mark.parametrize(
    ("name", "expected"), [("a.HEIC", "HEIC or raw photographs"), ("a.mov", "--source=video")]
)
def test_a_folder_without_images_says_what_it_has(tmp_path, name, expected):
    (tmp_path / name).touch()
    with pytest.raises(ClipError, match=f"Received: .*{expected}"):
        footage.image_recordings(tmp_path)
