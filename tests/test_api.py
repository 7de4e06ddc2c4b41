"""dfnet_tf.load: a run's networks in Python."""

import subprocess
import sys

import numpy as np
import pytest
from untrained_run import write_untrained_run

import dfnet_tf
from dfnet_tf.config import Config
from dfnet_tf.data.sources import synthetic
from dfnet_tf.presets import preset

SIZE = (32, 64)
NUM_FRAMES = 4


@pytest.fixture(scope="module")
def street():
    return synthetic.render_clip(0, NUM_FRAMES, 2 * SIZE[0], 2 * SIZE[1])


@pytest.fixture(scope="module")
def film(street, tmp_path_factory):
    folder = tmp_path_factory.mktemp("film") / "street"
    synthetic.write_clip(street, folder)
    return folder


def run_of_stage(folder, stage):
    config: Config = preset("tiny").replace(
        data__height=SIZE[0], data__width=SIZE[1], training__stage=stage, training__jit_loss=False
    )
    return write_untrained_run(folder, config)


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    return dfnet_tf.load(run_of_stage(tmp_path_factory.mktemp("runs") / "joint", "joint"))


def test_importing_the_package_is_light():
    heavy = "{'tensorflow', 'keras', 'numpy', 'cv2'}"
    check = f"import sys, dfnet_tf; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_depth_and_flow_have_the_images_size_and_unit(net, street):
    """The networks see the same area-resized image, so only the unit of flow differs."""
    small = [image[::2, ::2] for image in street.images[:2]]
    large = [image.repeat(3, axis=0).repeat(3, axis=1) for image in small]
    depth, flow = net.depth(large[0]), net.flow(*large)
    assert (depth.shape, depth.dtype) == ((96, 192), np.float32)
    assert (flow.shape, flow.dtype) == ((96, 192, 2), np.float32)
    middle = slice(1, None, 3)  # Where the centres of large and small pixels coincide.
    np.testing.assert_allclose(depth[middle, middle], net.depth(small[0]), rtol=1e-4)
    np.testing.assert_allclose(flow[middle, middle], 3 * net.flow(*small), rtol=1e-3, atol=1e-4)


def test_results_belong_to_the_caller(net, street):
    before = net.depth(street.images[0]).copy()
    net.depth(street.images[0])[:] = 0
    np.testing.assert_array_equal(net.depth(street.images[0]), before)


def test_a_film_gives_a_view_of_every_frame(net, film, street):
    seen = list(net.film(film))
    assert len(seen) == NUM_FRAMES
    np.testing.assert_array_equal([view.image for view in seen], street.images)
    assert seen[0].rigid_flow is not None and seen[-1].flow is None


def test_the_field_of_view_is_the_camera_of_images(net, film):
    known = next(net.film(film / "images", fov_degrees=60))
    assert known.moving is not None
    assert next(net.film(str(film / "images"))).moving is None


def test_a_run_without_flow_sees_depth_alone(tmp_path, film, street):
    net = dfnet_tf.load(run_of_stage(tmp_path / "depth", "depth"))
    assert [view.flow for view in net.film(film)] == [None] * NUM_FRAMES
    with pytest.raises(ValueError, match=r"trained flow_net\. Received: .*depth, which trained d"):
        net.flow(*street.images[:2])


def test_a_run_without_depth_sees_flow_alone(tmp_path, film, street):
    net = dfnet_tf.load(str(run_of_stage(tmp_path / "flow", "flow")))
    assert net.flow(*street.images[:2]).shape == (64, 128, 2)
    for wrong in (lambda: net.depth(street.images[0]), lambda: net.film(film)):
        with pytest.raises(ValueError, match=r"trained depth_net\. Received: "):
            wrong()


@pytest.mark.parametrize(
    ("image", "received"),
    [
        (np.zeros((4, 6, 3), np.float32), r"float32 \[4, 6, 3\]"),
        (np.zeros((4, 6), np.uint8), r"uint8 \[4, 6\]"),
        (np.zeros((4, 6, 4), np.uint8), r"uint8 \[4, 6, 4\]"),
        (np.zeros((0, 6, 3), np.uint8), r"uint8 \[0, 6, 3\]"),
        ("street.png", "str"),
    ],
)
def test_something_else_than_an_image_is_refused(net, street, image, received):
    for wrong in (lambda: net.depth(image), lambda: net.flow(street.images[0], image)):
        with pytest.raises(ValueError, match=rf"uint8 \[H, W, 3\]. Received: {received}\."):
            wrong()


def test_two_sizes_are_refused(net, street):
    with pytest.raises(ValueError, match=r"one size. Received: \(64, 128, 3\) and \(63, 128, 3\)"):
        net.flow(street.images[0], street.images[1][1:])


@pytest.mark.parametrize("degrees", [1.05, 180, 200])
def test_an_impossible_field_of_view_is_refused_at_once(net, film, degrees):
    with pytest.raises(ValueError, match=f"Expected a field of view .*Received: {degrees}"):
        net.film(film, fov_degrees=degrees)


def test_published_networks_tell_near_from_far(street, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    depth = dfnet_tf.load("mobile").depth(street.images[0])
    likeness = np.corrcoef(np.log(depth).flat, np.log(street.depth[0]).flat)[0, 1]
    assert likeness > 0.6
