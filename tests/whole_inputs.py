"""Small intact inputs of every kind that the programs read, for tests that break copies of them.

street, clip        clips, PNG with all truth and JPEG with only poses
film.mp4, k.txt     the same street; intrinsics of its camera
records             TFRecords of street
raw, eigen, odometry, kitti2015, cityscapes, freiburg1_desk, make3d, sintel
run                 a run that was stopped before its first step
"""

from pathlib import Path

import dataset_trees
import kitti_2015_tree
import kitti_tree
import numpy as np
import scipy.io
from untrained_run import write_untrained_run

from dfnet_tf.data import tfrecord_writer
from dfnet_tf.data.clip_writer import ClipWriter
from dfnet_tf.data.files import flo_files, video
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.sources import kitti_splits, synthetic
from dfnet_tf.presets import preset

NUM_FRAMES, HEIGHT, WIDTH = 6, 48, 96
CONFIG = preset("tiny").replace(data__height=32, data__width=64, training__jit_loss=False)


def write_all(root: Path) -> None:
    """Writes everything in the table above."""
    street = synthetic.render_clip(0, NUM_FRAMES, HEIGHT, WIDTH)
    synthetic.write_clip(street, root / "street")
    write_footage(root, street)
    np.savetxt(root / "k.txt", street.intrinsics)
    tfrecord_writer.write_records(root / "street", root / "records", 1)
    kitti_tree.write_raw_tree(root / "raw", street)
    write_eigen(root / "eigen")
    kitti_tree.write_odometry_tree(root / "odometry", street)
    kitti_2015_tree.write_2015_tree(root / "kitti2015", street, street.depth[0])
    dataset_trees.write_cityscapes_tree(root / "cityscapes", street)
    dataset_trees.write_tum_tree(
        root / "freiburg1_desk", synthetic.render_clip(0, 3, HEIGHT, WIDTH)
    )
    write_make3d(root / "make3d")
    write_sintel(root / "sintel", street)
    write_run(root / "run")


def write_footage(root: Path, rendered: synthetic.RenderedClip) -> None:
    """The clip and the film."""
    with ClipWriter(root / "clip") as clips, video.VideoWriter(root / "film.mp4", 10) as film:
        clips.intrinsics = rendered.intrinsics
        for image, pose in zip(rendered.images, rendered.camera_to_world, strict=True):
            clips.add(image, pose=pose)
            film.add(image)


def write_eigen(root: Path) -> None:
    """KITTI raw with the first image of Eigen's test split."""
    drive, _, frame = kitti_splits.eigen_test()[0]
    kitti_tree.write_raw_tree(root, synthetic.render_clip(0, 1, HEIGHT, WIDTH), drive, [frame])


def write_make3d(root: Path) -> None:
    """One image of a sixteenth of the size, 1 m from everything."""
    for folder in ("Test134", "Gridlaserdata"):
        (root / folder).mkdir(parents=True)
    write_rgb(root / "Test134/img-a.jpg", np.zeros((142, 106, 3), np.uint8))
    grid = {"Position3DGrid": np.ones((55, 305, 4))}
    scipy.io.savemat(root / "Gridlaserdata/depth_sph_corr-a.mat", grid)


def write_sintel(root: Path, rendered: synthetic.RenderedClip) -> None:
    """One pair of the pass `clean`."""
    for folder in ("clean", "flow"):
        (root / "training" / folder / "alley").mkdir(parents=True)
    for number, image in enumerate(rendered.images[:2], 1):
        write_rgb(root / f"training/clean/alley/frame_{number:04d}.png", image)
    flow = rendered.forward_flow[0]
    flo_files.write_flo(root / "training/flow/alley/frame_0001.flo", flow, np.ones(flow.shape[:2]))


def write_run(folder: Path) -> None:
    """A run with its initial weights."""
    write_untrained_run(folder, CONFIG)
