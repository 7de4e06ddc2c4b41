"""Makes what verify/model gives the app's own classes: models, frames, and what Python computes.

python android_demo/verify/model_cases.py --output=FOLDER [--models=FOLDER] [--clip=FOLDER]

Leaves in the output folder

  models/          .tflite and .json, exported from pretrained/mobile where --models names no others
  frames/000.ppm   of --clip, or of a rendered clip
  cases/NAME/SIGNATURE.ARRAY.bin   inputs and outputs of each model's functions, row by row
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from absl import flags

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from dfnet_tf.program import mains  # noqa: E402 (after the path)

NUM_FRAMES = 24
CAMERA_SIZE = 180, 320  # (height, width) of the rendered frames
MODEL_SIZE = 128, 256  # Small: what is compared holds at any size.

_OUTPUT = flags.DEFINE_string("output", None, "The folder to write to.", required=True)
_MODELS = flags.DEFINE_string("models", None, "Exported models, each with its JSON.")
_CLIP = flags.DEFINE_string("clip", None, "A clip folder; else one is rendered.")


def main() -> None:
    from dfnet_tf.data.clips import read_clips
    from dfnet_tf.data.sources import synthetic  # After the flags: TensorFlow takes seconds.

    output = Path(_OUTPUT.value).absolute()
    rendered = output / "rendered"
    if not _CLIP.value or not _MODELS.value:
        synthetic.rendered_clips(rendered, range(1), NUM_FRAMES, CAMERA_SIZE)
    frames = read_clips(_CLIP.value or rendered)[0]
    images = [frames.image(i) for i in range(min(len(frames), NUM_FRAMES))]
    _write_frames(images, output / "frames")
    _take_models(output / "models", rendered)
    for model in sorted((output / "models").glob("*.tflite")):
        _write_cases(model, images[:2], output / "cases")


def _write_frames(images: list[np.ndarray], folder: Path) -> None:
    """As PPM, which is read in a few lines."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for i, image in enumerate(images):
        height, width = image.shape[:2]
        content = b"P6 %d %d 255\n" % (width, height) + image.tobytes()
        (folder / f"{i:03d}.ppm").write_bytes(content)


def _take_models(folder: Path, calibration: Path) -> None:
    """Copies the models of --models, or small ones that are exported once."""
    exported = folder.with_name("exported")
    if not _MODELS.value and not list(exported.glob("*.tflite")):
        height, width = MODEL_SIZE
        command = [sys.executable, "-m", "export.export_tflite", "--run_dir=pretrained/mobile"]
        command += [f"--calibration={calibration}", f"--output={exported}", "--overwrite"]
        command += [f"--height={height}", f"--width={width}", "--input=uint8", "--nomeasure"]
        subprocess.run(command, cwd=ROOT, check=True)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_MODELS.value or exported, folder)


def _write_cases(path: Path, images: list[np.ndarray], folder: Path) -> None:
    """Two frames at the model's size, and what the runtime in Python makes of them."""
    from export.tflite_model import TfliteModel, as_input, resized

    signatures = json.loads(path.with_suffix(".json").read_text())["signatures"]
    for name, signature in signatures.items():
        model = TfliteModel(path, signature=name)
        given = {
            one["name"]: as_input(resized(image, model.size), model.dtype)
            for one, image in zip(signature["inputs"], images, strict=False)
        }
        case = folder / path.stem
        case.mkdir(parents=True, exist_ok=True)
        for array, values in (given | model(**given)).items():
            np.ascontiguousarray(values).tofile(case / f"{name}.{array}.bin")


if __name__ == "__main__":
    mains.run(main)
