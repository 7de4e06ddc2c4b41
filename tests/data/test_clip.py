import cv2
import numpy as np
import pytest

from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.clips import camera_doubts, read_clip, read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.files.truth_files import read_depth, read_flow, write_depth, write_flow
from dfnet_tf.program.outputs import OutputError

HEIGHT, WIDTH = 6, 10
INTRINSICS = np.array([[8.0, 0, 4.5], [0, 8.0, 2.5], [0, 0, 1]])


def random_images(count=3):
    return np.random.default_rng(0).integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)


def write(folder, images=None, **options):
    with ClipWriter(folder, image_type="png", **options) as writer:
        writer.intrinsics = INTRINSICS
        for image in random_images() if images is None else images:
            writer.add(image)
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "drive")


def test_a_written_clip_reads_back(tmp_path):
    rng = np.random.default_rng(1)
    images = random_images()
    depth = rng.uniform(1, 200, (3, 4, 5))
    flow = rng.uniform(-300, 300, (3, HEIGHT, WIDTH, 2))
    valid = rng.integers(0, 2, (3, HEIGHT, WIDTH))
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, :3, 3] = rng.normal(size=(3, 3))
    with ClipWriter(tmp_path / "drive", image_type="png") as writer:
        writer.intrinsics = INTRINSICS
        for i in range(3):
            writer.add(images[i], depth[i], flow[i], valid[i], poses[i])
    drive = read_clip(tmp_path / "drive")
    assert len(drive) == 3 and drive.size == (HEIGHT, WIDTH)
    np.testing.assert_array_equal(drive.intrinsics, INTRINSICS)
    assert drive.intrinsics.dtype == np.float32
    np.testing.assert_array_equal(drive.poses(), poses)
    for i in range(3):
        np.testing.assert_array_equal(drive.image(i), images[i])
        np.testing.assert_allclose(drive.depth(i), depth[i], atol=0.5 / 256 + 1e-5)
        read_flow, read_valid = drive.flow(i)
        np.testing.assert_array_equal(read_valid, valid[i])
        expected = flow[i] * valid[i][..., None]
        np.testing.assert_allclose(read_flow, expected, atol=0.5 / 64 + 1e-5)


def test_truth_is_optional(folder):
    drive = read_clip(folder)
    assert drive.depth(0) is None and drive.flow(0) is None and drive.poses() is None


def test_jpeg_is_the_default_and_close_to_what_was_given(tmp_path):
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[..., 0] = 200
    with ClipWriter(tmp_path / "drive") as writer:
        writer.intrinsics = INTRINSICS
        writer.add(red)
    drive = read_clip(tmp_path / "drive")
    assert drive.images[0].suffix == ".jpg"
    np.testing.assert_allclose(drive.image(0).astype(int), red, atol=6)


def test_flow_file_holds_kittis_numbers(tmp_path):
    flow, valid = np.array([[[1.5, -2.0]]]), np.ones((1, 1))
    write_flow(tmp_path / "flow.png", flow, valid)
    blue, green, red = cv2.imread(str(tmp_path / "flow.png"), cv2.IMREAD_UNCHANGED)[0, 0]
    assert (red, green, blue) == (32768 + 96, 32768 - 128, 1)


def test_depth_file_holds_kittis_numbers(tmp_path):
    write_depth(tmp_path / "depth.png", np.array([[1.5, 0, np.nan, -3, np.inf, 300]]))
    stored = cv2.imread(str(tmp_path / "depth.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(stored, [[384, 0, 0, 0, 0, 65535]])


def test_flow_that_the_file_cannot_hold_is_not_valid(tmp_path):
    flow = np.zeros((1, 4, 2))
    flow[0, 1:, 0] = np.nan, 512.0, -513.0
    write_flow(tmp_path / "flow.png", flow, np.ones((1, 4)))
    read, valid = read_flow(tmp_path / "flow.png")
    np.testing.assert_array_equal(valid, [[1, 0, 0, 0]])
    np.testing.assert_array_equal(read, 0)


def test_images_are_sorted_rgb_and_any_type(folder):
    for path in (folder / "images").iterdir():
        path.unlink()
    blue = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    blue[..., 0] = 255  # In OpenCV's channel order.
    cv2.imwrite(str(folder / "images" / "b.PNG"), blue)
    cv2.imwrite(str(folder / "images" / "a.bmp"), np.full((HEIGHT, WIDTH), 7, np.uint8))
    (folder / "images" / "notes.txt").write_text("not an image")
    (folder / "images" / "._a.bmp").write_text("left by a file manager")
    drive = read_clip(folder)
    assert [path.name for path in drive.images] == ["a.bmp", "b.PNG"]
    np.testing.assert_array_equal(drive.image(0), np.full((HEIGHT, WIDTH, 3), 7))
    np.testing.assert_array_equal(drive.image(1)[0, 0], [0, 0, 255])


def test_read_clips_takes_a_clip_or_a_folder_of_clips(tmp_path):
    for name in ("b", "a"):
        write(tmp_path / "set" / name)
    (tmp_path / "set" / "notes").mkdir()
    assert [drive.folder.name for drive in read_clips(tmp_path / "set")] == ["a", "b"]
    assert [drive.folder.name for drive in read_clips(tmp_path / "set" / "b")] == ["b"]


def test_read_clips_takes_a_folder_of_folders_of_clips(tmp_path):
    for name in ("b/one", "a/two", "a/one", "c"):
        write(tmp_path / name)
    names = [str(drive.folder.relative_to(tmp_path)) for drive in read_clips(tmp_path)]
    assert names == ["a/one", "a/two", "b/one", "c"]


def test_no_clip_anywhere_says_what_one_looks_like(tmp_path):
    with pytest.raises(ClipError, match=r"images/.*intrinsics.txt.*Received: neither"):
        read_clips(tmp_path)
    with pytest.raises(ClipError, match="no such folder"):
        read_clips(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8 0 4.5 0\n0 8 2.5 0\n0 0 1 0", "3x3"),
        ("8 0 4.5\n0 8 2.5", "3x3"),
        ("", "rows of numbers.*no data"),
        ("8 0 cx\n0 8 2.5\n0 0 1", "rows of numbers"),
        ("nan 0 4.5\n0 8 2.5\n0 0 1", "finite"),
        ("-8 0 4.5\n0 8 2.5\n0 0 1", "positive focal"),
        ("8 0.1 4.5\n0 8 2.5\n0 0 1", "no skew"),
        ("8 0 4.5\n0 8 2.5\n0 0 2", "0 0 1"),
        ("16 0 10.5\n0 16 5.5\n0 0 1", "another image size"),
        ("16 0 4.5\n0 16 -1\n0 0 1", "another image size"),
    ],
)
def test_wrong_intrinsics_are_refused(folder, text, message):
    (folder / "intrinsics.txt").write_text(text)
    with pytest.raises(ClipError, match=f"intrinsics.txt: .*{message}"):
        read_clip(folder)


@pytest.mark.parametrize(
    "lines", ["1 0 0 0 0 1 0 0 0 0 1 0\n" * 2, "1 2 3\n" * 3, ("nan " * 12 + "\n") * 3]
)
def test_wrong_poses_are_refused(folder, lines):
    (folder / "poses.txt").write_text(lines)
    with pytest.raises(ClipError, match="poses.txt: expected one line of 12 finite numbers"):
        read_clip(folder)


@pytest.mark.parametrize("missing", ["images", "intrinsics.txt"])
def test_a_missing_part_is_named(folder, missing):
    (folder / missing).rename(folder / "elsewhere")
    with pytest.raises(ClipError, match=missing):
        read_clip(folder)


def test_a_bad_image_is_named_when_it_is_read(folder):
    cv2.imwrite(str(folder / "images" / "000001.png"), np.zeros((WIDTH, HEIGHT, 3), np.uint8))
    (folder / "images" / "000002.png").write_bytes(b"")
    drive = read_clip(folder)  # Opening a long clip must not decode all of it.
    with pytest.raises(ClipError, match=r"000001.png: .*10x6 .*Received: 6x10"):
        drive.image(1)
    with pytest.raises(ClipError, match=r"000002.png: .*cannot be decoded"):
        drive.image(2)


def test_wrong_bit_depth_is_refused(tmp_path):
    path = tmp_path / "eight_bits.png"
    cv2.imwrite(str(path), np.zeros((2, 2), np.uint8))
    with pytest.raises(ClipError, match="16-bit grey"):
        read_depth(path)
    cv2.imwrite(str(path), np.zeros((2, 2), np.uint16))
    with pytest.raises(ClipError, match="16-bit RGB"):
        read_flow(path)


def test_an_exception_leaves_nothing_behind(tmp_path):
    with pytest.raises(KeyError), ClipWriter(tmp_path / "drive") as writer:
        writer.add(random_images()[0])
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_an_incomplete_clip_is_not_written(tmp_path):
    with pytest.raises(ClipError, match="no image"), ClipWriter(tmp_path / "drive") as writer:
        writer.intrinsics = INTRINSICS
    with pytest.raises(ClipError, match="no intrinsics"), ClipWriter(tmp_path / "drive") as writer:
        writer.add(random_images()[0])
    with pytest.raises(ClipError, match="1 poses, 2 images"), ClipWriter(tmp_path / "a") as writer:
        writer.intrinsics = INTRINSICS
        writer.add(random_images()[0], pose=np.eye(4))
        writer.add(random_images()[1])
    with pytest.raises(ClipError, match="another image size"), ClipWriter(tmp_path / "a") as writer:
        writer.intrinsics = np.diag([4, 4, 1]) @ INTRINSICS
        writer.add(random_images()[0])
    assert list(tmp_path.iterdir()) == []


def test_only_rgb_bytes_of_one_size_are_taken(tmp_path):
    image = random_images()[0]
    for second in (image[:-1], image[..., 0], image.astype(np.float32)):
        with pytest.raises(ClipError, match="uint8"), ClipWriter(tmp_path / "drive") as writer:
            writer.add(image)
            writer.add(second)


def test_a_clip_is_replaced_only_on_request(folder):
    with pytest.raises(OutputError, match="an existing path"):
        ClipWriter(folder)
    assert len(read_clip(write(folder, random_images(1), overwrite=True))) == 1
    with pytest.raises(KeyError), ClipWriter(folder, overwrite=True):
        raise KeyError
    assert len(read_clip(folder)) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_overwriting_spares_a_folder_that_is_not_ours(tmp_path):
    (tmp_path / "thesis.tex").write_text("...")
    with pytest.raises(OutputError, match="written by this program"):
        ClipWriter(tmp_path, overwrite=True)


def test_frames_come_in_the_order_that_people_count_in(tmp_path):
    images = random_images(12)
    folder = write(tmp_path / "drive", images)
    for i in range(12):
        (folder / f"images/{i:06d}.png").rename(folder / f"images/frame_{i}.png")
    clip = read_clip(folder)
    np.testing.assert_array_equal([clip.image(i) for i in range(12)], images)


def test_clips_with_equal_names_get_different_labels(tmp_path):
    for name in ("a/seq", "b/seq", "c/other"):
        write(tmp_path / name)
    assert [one.name for one in read_clips(tmp_path)] == ["a_seq", "b_seq", "other"]
    assert [one.name for one in read_clips(tmp_path / "a")] == ["seq"]


def test_unlikely_cameras_are_reported_with_their_clip(tmp_path):
    good, bad = write(tmp_path / "good"), write(tmp_path / "bad")
    (bad / "intrinsics.txt").write_text("8 0 1.5\n0 8 1\n0 0 1\n")
    assert camera_doubts([read_clip(good)]) == ""
    told = camera_doubts(read_clips(tmp_path))
    assert told.startswith(f"Warning: {bad}/intrinsics.txt: the principal point (1.5, 1) is far")
    (bad / "intrinsics.txt").write_text("# guessed\n8 0 1.5\n0 8 1\n0 0 1\n")
    assert camera_doubts(read_clips(tmp_path)) == ""


def test_images_of_another_size_than_the_intrinsics_say_are_refused(folder):
    for path in (folder / "images").iterdir():
        write_rgb(path, np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8))
    with pytest.raises(ClipError, match="for images of 20x12 .* Received: some for 10x6"):
        read_clip(folder)


@pytest.mark.parametrize("name", ["a.mp4", "films/a.mov", "walk/1.jpg"])
def test_folders_that_need_preparation_are_reported_with_the_command(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    source = "images" if name.endswith("jpg") else "video"
    given = tmp_path / name.partition("/")[0]
    command = f"python -m dfnet_tf.prepare --source={source} --input={given} "
    with pytest.raises(ClipError, match=f"prepare clips first: {command}"):
        read_clips(given)
