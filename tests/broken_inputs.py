"""The table of broken inputs: what breaks in `whole_inputs`, and each command's message."""

import struct

import numpy as np
from spoiling import (
    changed,
    cut,
    damaged_image,
    film_of,
    holds,
    is_file,
    is_folder,
    links_to,
    nothing,
    overwritten,
    png_of,
    renamed_clip,
    repeated,
    without,
)

# Each command takes its input from the table; {run} is an intact run.
PREPARE = "prepare --output=out --workers=1 --source="
EVALUATE = "evaluate --output=out.json --run_dir={run} --task="
TRAIN = "train --run_dir=out --preset=tiny --height=32 --width=64 --nojit_loss --epochs=1"
COMMANDS = {
    "prepare a video": PREPARE + "video --fov_degrees=60 --input=",
    "prepare images": PREPARE + "images --fov_degrees=60 --input=",
    "prepare images by": PREPARE + "images --input=clip/images --intrinsics=",
    "prepare KITTI raw": PREPARE + "kitti_raw --input=",
    "prepare KITTI odometry": PREPARE + "kitti_odometry --input=",
    "prepare Cityscapes": PREPARE + "cityscapes --input=",
    "prepare TUM": PREPARE + "tum_rgbd --input=",
    "train on": TRAIN + " --steps_per_epoch=1 --data=",
    "evaluate depth": EVALUATE + "depth --data=",
    "evaluate flow": EVALUATE + "flow --data=",
    "evaluate odometry": EVALUATE + "odometry --data=",
    "evaluate scene flow": EVALUATE + "scene_flow --data=",
    "evaluate moving": EVALUATE + "moving_objects --data=",
    "predict": "predict --run_dir={run} --output=out --input=",
    "predict by run": "predict --input=clip --output=out --run_dir=",
    "predict by camera": "predict --run_dir={run} --input=clip --output=out --intrinsics=",
}

JPEG, LATER_JPEG = "clip/images/000000.jpg", "clip/images/000003.jpg"
PNG = "street/images/000000.png"
CAMERA, POSES = "clip/intrinsics.txt", "clip/poses.txt"
DEPTH, FLOW = "street/depth/000000.png", "street/flow/000000.png"
RAW_CAMERA = "raw/2011_09_26/calib_cam_to_cam.txt"
RAW_POSES = "odometry/poses/00.txt"
CITY_CAMERA = "cityscapes/camera/train/aachen/aachen_000000_000019_camera.json"
TUM_POSES = "freiburg1_desk/groundtruth.txt"
SCAN = "eigen/2011_09_26/2011_09_26_drive_0002_sync/velodyne_points/data/0000000069.bin"
MAT = "make3d/Gridlaserdata/depth_sph_corr-a.mat"
FLO = "sintel/training/flow/alley/frame_0001.flo"
PAIR = "kitti2015/training"
SHARD, INDEX = "train-00000-of-00001.tfrecord", "records/index.json"
WEIGHTS = "run/checkpoints/step_00000000.weights.h5"

NO_IMAGE = ": expected an image file. Received: one that cannot be decoded."
NO_VIDEO = ": expected a video that FFmpeg can decode. Received: "
NO_CLIP = ": expected a clip folder, with ... Received: "
LOWER = np.zeros((40, 96, 3), np.uint8)  # Lower than images of 48 x 96.
GREY, GREY_16, SQUARE_16 = (
    np.zeros(size, kind)
    for size, kind in (((48, 96), np.uint8), ((48, 96), np.uint16), ((48, 48, 3), np.uint16))
)
POSE = "1 0 0 0 0 1 0 0 0 0 1 0\n"

# Name of the case: (its input, how it breaks, the message, where "..." stands for anything).
CASES = {
    "prepare a video": {
        "of one frame": ("film.mp4", film_of("film.mp4", 1), "Received: 1 frames, all dropped"),
        "of no frame": ("film.mp4", film_of("film.mp4", 0), f"film.mp4{NO_VIDEO}"),
        "that is a text": ("film.mp4", holds("film.mp4", "no film\n" * 99), f"film.mp4{NO_VIDEO}"),
        "that is empty": ("film.mp4", holds("film.mp4", ""), f"film.mp4{NO_VIDEO}"),
        "that is cut off": ("film.mp4", cut("film.mp4"), f"film.mp4{NO_VIDEO}"),
        "that is a folder": ("film.mp4", is_folder("film.mp4"), "film.mp4: expected a video file"),
        "that is not there": ("none.mp4", nothing, f"none.mp4{NO_VIDEO}no such file."),
    },
    "prepare images": {
        "of mixed sizes": (
            "clip/images",
            holds(LATER_JPEG, LOWER),
            f"{LATER_JPEG}: expected the first image's size, 96x48. Received: 96x40.",
        ),
        "that are all one": ("clip/images", repeated("clip/images"), "Received: 6 ... 5 repeated"),
        "of no folder's": ("clip", is_file("clip"), "clip: expected a folder ... no such folder."),
        "of an empty folder": ("clip", is_folder("clip"), "clip: expected a folder of images"),
        "over old ones": ("clip", is_file("out"), "out: expected a new path, or --overwrite."),
        "over a lost link": ("clip", links_to("out", "gone"), "out: expected a new path"),
        "below a file": (
            "clip --output=k.txt/out",
            nothing,
            "k.txt/out: expected a path below a writable folder. ... /k.txt.",
        ),
    },
    "prepare images by": {
        "k of another size": (
            "k.txt",
            holds("k.txt", "500 0 320\n0 500 240\n0 0 1"),
            "k.txt: expe",
        ),
        "a negative k": ("k.txt", changed("k.txt", "5", "-5"), "k.txt: expected positive focal"),
        "k in words": ("k.txt", holds("k.txt", "fx 0 cx"), "k.txt: expected rows of numbers."),
        "k in bytes": ("k.txt", holds("k.txt", bytes(range(256))), "k.txt: expected rows of numb"),
        "an empty k": ("k.txt", holds("k.txt", ""), "k.txt: expected rows of numbers. Received: "),
        "a k that is a folder": ("k.txt", is_folder("k.txt"), "k.txt: expected rows of numbers."),
        "a missing k": ("k.txt", without("k.txt"), "k.txt: expected rows of numbers. Received: "),
    },
    "prepare KITTI raw": {
        "without a line": (
            "raw",
            changed(RAW_CAMERA, "P_rect_02", "P_rect_09"),
            f'{RAW_CAMERA}: expected a line "P_rect_02: ...". Received: none.',
        ),
        "without calibration": ("raw", without(RAW_CAMERA), f"{RAW_CAMERA}: expected ... no such"),
        "with another camera's": (
            "raw",
            changed(RAW_CAMERA, "S_rect_02: ", "S_rect_02: 1"),
            "image_02/data/0000000000.png: expected ... as the calibration says. Received: 96x48.",
        ),
    },
    "prepare KITTI odometry": {
        "with a pose of NaN": (
            "odometry",
            holds(RAW_POSES, POSE + POSE.replace("1", "nan") + 4 * POSE),
            f"{RAW_POSES}, line 2: expected 12 finite numbers. Received: nan 0",
        ),
        "with four poses": (
            "odometry",
            holds(RAW_POSES, 4 * POSE),
            f"{RAW_POSES}: expected a pose for each of 6 frames. Received: 4.",
        ),
    },
    "prepare Cityscapes": {
        "without intrinsics": (
            "cityscapes",
            changed(CITY_CAMERA, "intrinsic", "other"),
            f"{CITY_CAMERA}: expected JSON with numbers ... Received: KeyError",
        ),
        "by half a camera": ("cityscapes", cut(CITY_CAMERA), f"{CITY_CAMERA}: expected JSON with"),
    },
    "prepare TUM": {
        "with a short line": (
            "freiburg1_desk",
            changed(TUM_POSES, "130", "1 2 3\n130"),
            f"{TUM_POSES}, line 3: expected a time stamp ... Received: '1 2 3'.",
        ),
        "without images": (
            "freiburg1_desk",
            without("freiburg1_desk/rgb"),
            "freiburg1_desk: expected a recording ... 3 frames, none of which can be decoded.",
        ),
    },
    "train on": {
        "a truncated JPEG": ("clip", cut(JPEG), JPEG + NO_IMAGE),
        "a truncated PNG": ("street", cut(PNG), PNG + NO_IMAGE),
        "an empty image": ("clip", holds(JPEG, ""), JPEG + NO_IMAGE),
        "an image of 10 gigapixels": (
            "street",
            holds(PNG, png_of(10**5, 10**5)),
            f"{PNG}: expected an image of 1 to 67108864 pixels, ... Received: 100000x100000.",
        ),
        "an image that is a folder": ("clip", is_folder(JPEG), JPEG + NO_IMAGE),
        "an image linked to itself": ("clip", links_to(JPEG, "000000.jpg"), JPEG + NO_IMAGE),
        "images that are a file": ("clip", is_file("clip/images"), f"clip{NO_CLIP}neither."),
        "no images": ("clip", is_folder("clip/images"), f"clip{NO_CLIP}no images."),
        "an empty folder": ("clip", is_folder("clip"), f"clip{NO_CLIP}neither."),
        "no intrinsics": ("clip", without(CAMERA), f"{CAMERA}: expected ... Received: no such"),
        "intrinsics of another size": (
            "clip",
            holds(CAMERA, "500 0 320\n0 500 240\n0 0 1"),
            f"{CAMERA}: expected a principal point inside the 96x48 ... Received: (320, 240).",
        ),
        "a negative focal length": ("clip", changed(CAMERA, "5", "-5"), f"{CAMERA}: ... positive"),
        "intrinsics in words": ("clip", holds(CAMERA, "fx 0 cx"), f"{CAMERA}: expected rows of"),
        "no number": ("clip", holds(CAMERA, ""), f"{CAMERA}: expected rows of numbers."),
        "a pose of NaN": ("clip", holds(POSES, 5 * POSE + "nan" + POSE[1:]), f"{POSES}: ... 71 fi"),
        "four poses": ("clip", holds(POSES, 4 * POSE), f"{POSES}: ... of the 6 images. ... on 4"),
        "a damaged record": (
            "records",
            damaged_image("records", SHARD),
            f"records/{SHARD}, street/images/000000.png{NO_IMAGE}",
        ),
        "half a shard": ("records", cut(f"records/{SHARD}"), f"{INDEX}: expected ... of {SHARD}."),
        "an index astray": ("records", renamed_clip("records", "../etc"), f"{INDEX}: ... ../etc."),
        "half an index": ("records", cut(INDEX), f"{INDEX}: expected an index of records."),
        "an index of depth": ("records", holds(INDEX, "[" * 10**5), f"{INDEX}: expected an index"),
        "an index that is a folder": ("records", is_folder(INDEX), f"{INDEX}: expected an index"),
        "a run folder that is a file": ("clip", is_file("out"), "out: expected ... File exists."),
    },
    "evaluate depth": {
        "nowhere": ("street --output=/proc/none/out.json", nothing, "/proc/none"),
        "of 8 bits": ("street", holds(DEPTH, GREY), f"{DEPTH}: expected a 16-bit grey PNG."),
        "of another view": ("street", holds(DEPTH, SQUARE_16[..., 0]), "000000.png: ... 48x48."),
        "of half a scan": ("eigen", cut(SCAN, 0.499), f"{SCAN}: expected a laser scan, 16 bytes"),
        "of half a .mat file": ("make3d", cut(MAT), f"{MAT}: expected a MATLAB file ... bytes."),
        "of none": ("clip", nothing, "clip: expected ... Received: no image with true depth."),
        "into a folder": ("street", is_folder("out.json"), "out.json: expected a new path"),
        "below a file": ("street --output=k.txt/a", nothing, "k.txt/a: expected a path below"),
    },
    "evaluate flow": {
        "of 8 bits": ("street", holds(FLOW, LOWER), f"{FLOW}: expected a 16-bit RGB PNG."),
        "of another view": ("street", holds(FLOW, SQUARE_16 + 1), "street/000000, ... 48x48."),
        "of another magic": ("sintel", overwritten(FLO, 0, b"FLOW"), f"{FLO}: expected a .flo"),
        "of half a file": ("sintel", cut(FLO), f"{FLO}: expected 36876 bytes ... 18438."),
        "of many pixels": (
            "sintel",
            overwritten(FLO, 4, struct.pack("<2i", 90_000, 90_000)),
            f"{FLO}: expected an image of ... pixels, ... Received: 90000x90000.",
        ),
        "of one image": ("kitti2015", without(f"{PAIR}/image_2/000000_11.png"), "_11.png: expect"),
    },
    "evaluate odometry": {
        "without poses": ("clip", without(POSES), "xpected ... poses.txt ... Received: "),
    },
    "evaluate scene flow": {
        "of 8 bits": (
            "kitti2015",
            holds(f"{PAIR}/disp_occ_0/000000_10.png", GREY),
            "disp_occ_0/000000_10.png: expected a 16-bit grey PNG.",
        ),
        "without a camera": (
            "kitti2015",
            without(f"{PAIR}/calib_cam_to_cam"),
            "calib_cam_to_cam/000000.txt: expected ... no such file.",
        ),
    },
    "evaluate moving": {
        "by a mask of another size": (
            "kitti2015",
            holds(f"{PAIR}/obj_map/000000_10.png", LOWER),
            "000000: expected a mask ... [48, 96]. Received: [40, 96].",
        ),
    },
    "predict": {
        "a truncated image": (LATER_JPEG, cut(LATER_JPEG), LATER_JPEG + NO_IMAGE),
        "a pair of two sizes": (
            f"{JPEG} --input={LATER_JPEG}",
            holds(LATER_JPEG, LOWER),
            f"{LATER_JPEG}: expected the first image's size, 96x48. Received: 96x40.",
        ),
        "a film of no frame": ("film.mp4", film_of("film.mp4", 0), f"film.mp4{NO_VIDEO}"),
        "below a file": ("clip --output=k.txt/a", nothing, "k.txt/a: expected a path below"),
    },
    "predict by camera": {
        "of NaN": ("k.txt", holds("k.txt", "nan 0 9\n0 9 9\n0 0 1"), "k.txt: expected 3x3 finite"),
        "of skew": ("k.txt", holds("k.txt", "9 1 9\n0 9 9\n0 0 1"), "k.txt: expected ... no skew"),
    },
    "predict by run": {
        "of half its settings": ("run", cut("run/config.json"), "settings in run/config.json."),
        "of half its weights": ("run", cut(WEIGHTS), f"{WEIGHTS}: expected a whole checkpoint"),
        "of no weights": ("run", without(WEIGHTS), "xpected a run folder ... Received: run."),
        "that is a file": ("run", is_file("run"), "xpected a run folder ... Received: run."),
    },
}
