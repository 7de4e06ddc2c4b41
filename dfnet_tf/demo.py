"""Everything in minutes, on rendered streets with exactly known depth, flow and motion.

python -m dfnet_tf.demo --output=demo_output

Renders clips, trains on some, evaluates on others, exports depth and flow to int8 and evaluates
those models too. If stopped, the same command continues. Writes report.json, report.md, panel.png,
panel.mp4, models/*.tflite, and the run itself.
"""

import importlib
import json
import time
from pathlib import Path

import numpy as np
from absl import flags

from dfnet_tf import visualize
from dfnet_tf.config import Config
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.files import video
from dfnet_tf.data.files.image_files import read_rgb, write_rgb
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth import flow_pairs
from dfnet_tf.presets import preset
from dfnet_tf.program import locations, mains, outputs

HEIGHT, WIDTH = 64, 192
TRAINING_SEEDS, TEST_SEEDS = range(16), range(100, 104)
TRAINING_FRAMES, TEST_FRAMES = 32, 16
FRAME_RATE = 5  # Of panel.mp4, slow enough to watch.

_OUTPUT = flags.DEFINE_string("output", "demo_output", "The folder to write.")
_EPOCHS = flags.DEFINE_integer("epochs", 6, "Number of epochs of 200 steps.", lower_bound=1)


def main() -> None:
    start, output = time.monotonic(), Path(_OUTPUT.value)
    training_clips = synthetic.rendered_clips(
        output / "data/training", TRAINING_SEEDS, TRAINING_FRAMES, (HEIGHT, WIDTH)
    )
    test_clips = synthetic.rendered_clips(
        output / "data/test", TEST_SEEDS, TEST_FRAMES, (HEIGHT, WIDTH)
    )

    mains.load_tensorflow()
    import keras

    from dfnet_tf.models.dfnet import DFNet
    from dfnet_tf.prediction.predictor import Predictor
    from dfnet_tf.training import loop

    config = demo_config(_EPOCHS.value)
    keras.utils.set_random_seed(config.training.seed)  # The same seed as in training.
    untrained = DFNet(config)
    untrained.build()
    report = {"untrained": _measure(Predictor(untrained), test_clips)}
    model = loop.train(config, training_clips, output / "run")
    predictor = Predictor(model)
    report["trained"] = _measure(predictor, test_clips)
    depth, flow = _export(model, training_clips, output / "models")
    report["int8"] = _measure_pictures(depth.disparity, flow.flow, test_clips)
    _draw(predictor, test_clips[0], output)
    _write_report(report, time.monotonic() - start, output)


def demo_config(epochs: int) -> Config:
    """The preset `tiny` at a size that two CPU cores can train in minutes."""
    return preset("tiny").replace(
        data__height=HEIGHT,
        data__width=WIDTH,
        training__epochs=epochs,
        training__steps_per_epoch=200,
        training__halve_at=(150 * epochs,),
    )


def _measure(predictor, clips: list[Clip]) -> dict:
    """Errors of depth, flow and motion on clips with truth, and of trivial predictions."""
    from dfnet_tf.evaluation import headline

    return {
        **_measure_pictures(predictor.disparity, predictor.flow, clips),
        "motion": headline.motion_error(clips, predictor.snippet),
    }


def _measure_pictures(predict_disparity, predict_flow, clips: list[Clip]) -> dict:
    """Errors of depth and flow on clips with truth, and of trivial predictions."""
    from dfnet_tf.evaluation import headline

    pairs = [pair for one in clips for pair in flow_pairs.read_flow_pairs(one.folder)]
    return {
        "depth": headline.depth_error(clips, predict_disparity, crop=None),
        "flow": headline.flow_error(pairs, predict_flow),
    }


def _export(model, clips: list[Clip], folder: Path) -> list:
    """Exports depth and flow as int8 .tflite files, calibrated on training clips; loads them."""
    exporter, signatures, tflite_model = (
        importlib.import_module(f"{locations.EXPORT}.{name}")
        for name in ("exporter", "signatures", "tflite_model")
    )
    frames = [(one.image(i), one.image(i + 1)) for one in clips for i in (0, len(one) // 2)]
    models = []
    for kind, network in (("depth", model.depth_net), ("flow", model.flow_net)):
        signature = signatures.SIGNATURES[kind](network, (HEIGHT, WIDTH))
        (exported,) = exporter.export_models(signature, ["int8"], frames)
        path = folder / f"{exported.name}.tflite"
        with outputs.whole_file(path) as file:
            file.write_bytes(exported.content)
        models.append(tflite_model.TfliteModel(path))
    return models


def _draw(predictor, test_clip: Clip, output: Path) -> None:
    """Writes panel.mp4 of a test clip, and its middle frame as panel.png."""
    images = [test_clip.image(i) for i in range(len(test_clip))]
    with video.VideoWriter(output / "panel.mp4", FRAME_RATE) as writer:
        for i in range(len(images) - 1):
            panel = _panel(predictor, test_clip, images, i)
            writer.add(panel)
            if i == len(images) // 2:
                write_rgb(output / "panel.png", panel)


def _panel(predictor, test_clip: Clip, images: list[np.ndarray], i: int) -> np.ndarray:
    """The panel of one frame: truth on the left, prediction on the right."""
    from dfnet_tf.evaluation import moving_protocol

    true_depth, (true_flow, _) = test_clip.depth(i), test_clip.flow(i)
    depth = 1.0 / predictor.disparity(images[i])
    depth *= np.median(true_depth) / np.median(depth)
    flow = predictor.flow(images[i], images[i + 1])
    rigid_flow = predictor.rigid_flow(images, i, test_clip.intrinsics)
    near_far = tuple(np.percentile(true_depth, (2, 98)))
    longest = np.percentile(np.linalg.norm(true_flow, axis=-1), 98)
    true_moving = read_rgb(test_clip.folder / f"moving/{test_clip.images[i].stem}.png")
    predictors = predictor.disparity, predictor.flow, predictor.frame_from_next
    score = moving_protocol.motion_score(images, i, test_clip.intrinsics, *predictors)
    colored = {
        "frame": images[i],
        "rigid flow, from depth and motion": visualize.color_flow(rigid_flow, longest),
        "true depth": visualize.color_depth(true_depth, near_far),
        "depth": visualize.color_depth(depth, near_far),
        "true flow": visualize.color_flow(true_flow, longest),
        "flow": visualize.color_flow(flow, longest),
        "truly moving": true_moving,
        "moving: flow not from camera motion": visualize.color_mask(np.float32(score > 1)),
    }
    tiles = [(title, _enlarged(image)) for title, image in colored.items()]
    return visualize.panel([tiles[row : row + 2] for row in range(0, len(tiles), 2)])


def _enlarged(image: np.ndarray) -> np.ndarray:
    """Doubles the size, so that titles fit over small images."""
    return image.repeat(2, axis=0).repeat(2, axis=1)


def _write_report(report: dict, seconds: float, output: Path) -> None:
    """Writes report.json and report.md, and prints the table of report.md."""
    trained, untrained, int8 = (report[name] for name in ("trained", "untrained", "int8"))
    metrics = {"depth": "abs_rel", "flow": "epe", "motion": "ate"}
    numbers = {
        task: {
            metric: trained[task]["ours"],
            f"{metric}_trivial": trained[task]["trivial"],
            f"{metric}_untrained": untrained[task]["ours"],
            **({f"{metric}_int8": int8[task]["ours"]} if task in int8 else {}),
        }
        for task, metric in metrics.items()
    }
    with outputs.whole_file(output / "report.json") as path:
        path.write_text(json.dumps({**numbers, "seconds": round(seconds, 1)}, indent=2) + "\n")
    rows = ["| | trained | int8 | untrained | trivial answer |", "|---|---|---|---|---|"]
    titles = {
        "depth": "depth, abs rel (trivial: constant)",
        "flow": "flow, EPE in pixels (trivial: zero)",
        "motion": "motion, 5-frame ATE (trivial: straight ahead)",
    }
    for task, metric in metrics.items():
        columns = (metric, f"{metric}_int8", f"{metric}_untrained", f"{metric}_trivial")
        cells = [f"{numbers[task][c]:.3f}" if c in numbers[task] else "" for c in columns]
        rows.append(f"| {titles[task]} | " + " | ".join(cells) + " |")
    text = "\n".join(rows)
    with outputs.whole_file(output / "report.md") as path:
        path.write_text(
            f"# Demo: {len(TEST_SEEDS)} rendered clips that were not used for training\n\n"
            f"{text}\n\n{seconds:.0f} s in all. Pictures: panel.png, panel.mp4.\n"
        )
    print(f"\n{text}\n\nIn {output}: report.json, report.md, panel.png, panel.mp4, models/")


if __name__ == "__main__":
    mains.run(main)
