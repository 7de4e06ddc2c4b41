"""The parts of a run on a film, in their order. Each returns its results, ready for JSON."""

import dataclasses
import json
import shutil

import numpy as np

from dfnet_tf import stages, visualize
from dfnet_tf.adaptation import agreement, held_back, offer
from dfnet_tf.adaptation.own_film import FEWEST, SIDE, OwnFilm
from dfnet_tf.adaptation.record import Record
from dfnet_tf.config import Config
from dfnet_tf.data import pinhole
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.presets import preset
from dfnet_tf.program import commands, locations, outputs
from dfnet_tf.training import checkpoints, loop

STEPS_PER_EPOCH = 50  # The time is checked after each epoch.
STILL = 1.5  # Grey levels: frames that differ less show no parallax.
PICTURES = 4


def prepare(film: OwnFilm, _: Record) -> dict:
    """Makes clips of the film."""
    commands.run(prepare_command(film))
    dataset = json.loads((film.clips / "dataset.json").read_text())
    clips = [clip for recording in dataset["recordings"] for clip in recording["clips"]]
    notes = [recording["note"] for recording in dataset["recordings"] if "note" in recording]
    if sum(clip["frames"] for clip in clips) < FEWEST:
        raise ClipError(
            f"{film.path}: expected a film with at least {FEWEST} frames in which the camera "
            f"moves. Received: {sum(clip['frames'] for clip in clips)} such frames."
        )
    first = clips[0]
    return {
        "frames": sum(clip["frames"] for clip in clips),
        "clips": len(clips),
        "fov_degrees": pinhole.field_of_view(first["intrinsics"][0][0], first["width"]),
        "camera": first["intrinsics_from"],
        "notes": notes,
    }


def prepare_command(film: OwnFilm) -> list[str]:
    """The command that makes the clips."""
    height, width = film.source.size
    side = {"width": min(SIDE, width)} if width >= height else {"height": min(SIDE, height)}
    is_clip = (film.path / "images").is_dir()
    return commands.command(
        "dfnet_tf.prepare",
        source="images" if film.path.is_dir() else "video",
        input=film.path / "images" if is_clip else film.path,
        **(film.camera or {"intrinsics": "estimate"}),
        **side,
        frame_step=film.frame_step,
        static_threshold=STILL,
        most_frames=film.most_frames,
        output=film.clips,
        overwrite=True,
    )


def look(film: OwnFilm, _: Record) -> dict:
    """Measures what the film offers."""
    predictor = Predictor(checkpoints.load_trained(film.start))
    found = offer.of_film(read_clips(film.clips), predictor.disparity)
    print(f"  {found}\n  {found.verdict}")
    return {"offer": dataclasses.asdict(found)}


def adapt(film: OwnFilm, record: Record) -> dict:
    """Trains the depth network on labels from the film's geometry; writes all networks."""
    if reason := reason_to_keep(film, record):
        return {"kept_as_is": reason}
    taught, held = held_back.divided(read_clips(film.clips))
    if not held:
        return {"kept_as_is": "the film is too short to hold frames back."}
    start = Config.load(film.start / "config.json")
    try:
        loop.train(_student_config(start, film.minutes), taught, film.output / "run", [film.start])
    except ClipError as error:
        return {"kept_as_is": str(error)}
    model = checkpoints.load_trained(film.start)
    student = checkpoints.load_trained(film.output / "run")
    model.depth_net.set_weights(student.depth_net.get_weights())
    with outputs.whole_folder(film.networks) as folder:
        checkpoints.publish(model, film.start, folder)
    shutil.rmtree(film.output / "run/labels")  # Of long films, hundreds of megabytes.
    return {}


def train_command(film: OwnFilm) -> list[str]:
    """The command that adapts depth to all of the clips, without held-back frames."""
    config = _student_config(Config.load(film.start / "config.json"), film.minutes)
    return commands.command(
        "dfnet_tf.train",
        data=film.clips,
        preset=config.network.name,
        stage="distil",
        teacher="film",
        init_from=film.start,
        height=config.data.height,
        width=config.data.width,
        batch_size=config.data.batch_size,
        minutes=film.minutes or None,
        run_dir=film.output / "run_by_hand",
    )


def reason_to_keep(film: OwnFilm, record: Record) -> str:
    """Why the networks stay as they are; "" if they can be adapted."""
    found = offer.Offer(**record["look"]["offer"])
    if not film.minutes:
        return "no time was given (--minutes=0)."
    return "" if found.teaches else found.verdict


def _student_config(start: Config, minutes: float) -> Config:
    """Settings of stage distil with teacher film, at the size of the start's depth network."""
    smaller = start.network.depth_downscale
    config = stages.staged(preset(start.network.name), "distil", "film")
    epochs = config.training.epochs * config.training.steps_per_epoch // STEPS_PER_EPOCH
    config = config.replace(
        data__height=start.data.height // smaller,
        data__width=start.data.width // smaller,
        data__batch_size=3,
        training__epochs=epochs,
        training__steps_per_epoch=STEPS_PER_EPOCH,
        training__minutes=minutes,
        training__least_confidence=offer.TEACHES_LITTLE,  # The held-back frames decide.
    )
    network = dataclasses.replace(start.network, depth_downscale=1)
    return dataclasses.replace(config, network=network)


def judge(film: OwnFilm, _: Record) -> dict:
    """Compares the adapted depth network with its start on the held-back frames."""
    clips = read_clips(film.clips)
    held = held_back.divided(clips)[1] or [held_back.HeldBack(c, range(len(c) - 1)) for c in clips]
    before = Predictor(checkpoints.load_trained(film.start))
    networks = [before.disparity]
    if film.networks.exists():
        networks.append(Predictor(checkpoints.load_trained(film.networks)).disparity)
    agreements, frames = agreement.judged(held, networks)
    improved = len(networks) == 2 and agreements[1].improves(agreements[0])
    with outputs.whole_folder(film.output / "judged") as folder:
        for i in np.unique(np.linspace(0, len(frames) - 1, PICTURES).astype(int)) if frames else ():
            write_rgb(folder / f"{i:03d}.png", _drawn(frames[i]))
    flow_error, flow_length = agreement.flow_gap(held, before.flow)
    return {
        "networks": str(film.networks if improved else film.start),
        "improved": improved,
        "agreements": [dataclasses.asdict(one) for one in agreements],
        "flow_error": flow_error,
        "flow_length": flow_length,
    }


def _drawn(frame: agreement.JudgedFrame) -> np.ndarray:
    """The frame, each network's depth, the film's own where it is sure, and how sure it is."""
    confidence = frame.film.confidence
    sure = confidence > agreement.SURE
    film = np.where(sure, np.exp(frame.film.log_disparity), 0.0)
    limits = tuple(np.percentile(film[sure], (2, 98)))
    names = ("depth of the network", "after adapting")
    tiles = [("frame, held back", frame.image)]
    tiles += [
        (name, visualize.color_disparity(np.exp(log_disparity), limits))
        for name, log_disparity in zip(names, frame.log_disparities, strict=False)
    ]
    grey = np.uint8(255 * confidence[..., None].repeat(3, axis=-1))
    tiles += [
        ("geometry of the film; grey: unsure", visualize.color_disparity(film, limits)),
        ("confidence of the geometry; white: 1", grey),
    ]
    return visualize.panel([tiles[row : row + 2] for row in range(0, len(tiles), 2)])


def predict(film: OwnFilm, record: Record) -> dict:
    """Predicts the film with the better networks."""
    commands.run(predict_command(film, record, "prediction", overwrite=True))
    return {}


def predict_command(film: OwnFilm, record: Record, folder: str, **flags) -> list[str]:
    """The command that predicts the first `num_shown` frames into a folder of the output."""
    step = film.frame_step
    end = film.num_shown * step
    camera = film.camera or {"fov_degrees": record["prepare"]["fov_degrees"]}
    usual = {
        "run_dir": record["judge"]["networks"],
        "input": film.path,
        **camera,
        "every": step if step > 1 else None,
        "frames": f"0:{end}" if film.source.num_frames > end else None,
        "output": film.output / folder,
    }
    return commands.command("dfnet_tf.predict", **{**usual, **flags})


def export(film: OwnFilm, record: Record) -> dict:
    """Exports depth and flow as int8 models, calibrated on the film.

    A network that int8 changes too much on this film becomes float16.
    """
    models, refused = {}, []
    for network in ("depth", "flow"):
        name = f"{network}_int8.tflite"
        try:
            commands.run(export_command(film, record, network, "int8"))
        except commands.CommandError:
            commands.run(export_command(film, record, network, "float16"))
            name = f"{network}_float16.tflite"
            refused.append(network)
        models[name] = (film.output / "models" / name).stat().st_size
    return {"models": models, "not_int8": refused}


def export_command(film: OwnFilm, record: Record, network: str, quantization: str) -> list[str]:
    """The command that exports a network."""
    return commands.command(
        f"{locations.EXPORT}.export_tflite",
        run_dir=record["judge"]["networks"],
        network=network,
        quantization=quantization,
        calibration=film.clips,
        input="uint8",
        measure=False,
        output=film.output / "models",
        overwrite=True,
    )
