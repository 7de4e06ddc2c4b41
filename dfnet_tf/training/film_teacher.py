"""Teacher `film`: chooses the clips and makes the labels of each round of training."""

import functools
import hashlib
import pathlib
from collections.abc import Sequence

from dfnet_tf.config import TrainingConfig
from dfnet_tf.data.batches.labels import Labels
from dfnet_tf.data.clip import Clip
from dfnet_tf.data.errors import ClipError
from dfnet_tf.film.labels import FilmLabels
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.program.interruption import Interrupted, Request
from dfnet_tf.training import averaging, provenance, resumption, truth_teacher
from dfnet_tf.training.checkpoints import RunError


def first_step_of_round(step: int, training: TrainingConfig) -> int:
    """The first step of the round that `step` belongs to; rounds end with an epoch."""
    epoch = step // training.steps_per_epoch
    begins = [0, *resumption.round_ends(training)[:-1]]
    return max(begin for begin in begins if begin <= epoch) * training.steps_per_epoch


def lesson(
    model: DFNet,
    clips: Sequence[Clip],
    run_dir: pathlib.Path,
    step: int,
    request: Request,
    shared: pathlib.Path | None = None,
) -> tuple[list[Clip], Labels]:
    """Makes the labels of a round that begins, or finds those of a resumed round.

    Prints the quality of each clip's labels. They lie in `run_dir`, or in `shared`, where
    runs find them that begin from the same networks with the same clips and size.

    Returns:
      the clips whose labels are good enough, and these labels: of depth, or in stage flow of flow.
      Clips that have the truth, such as rendered clips, use it; see `truth_teacher.has_truth`.

    Raises:
      RunError: labels of a resumed round are missing and cannot be made again, because the network
        that they were fused with has changed.
      ClipError: no clip's labels are good enough.
      Interrupted: `request` asked to stop; the labels made so far stay.
    """
    kind = model.stage.labels
    films, with_truth = [], []
    for clip in clips:
        (with_truth if truth_teacher.has_truth(clip, kind) else films).append(clip)
    begin = first_step_of_round(step, model.config.training)
    folder = run_dir / "labels" / f"step_{begin:08d}"
    stored = FilmLabels(folder, films, model.flow_size, kind)
    if step == begin:
        with averaging.averaged(model):
            prior = _digest(model)
            if shared and not folder.exists():
                _link(folder, shared / f"{kind}_{_key(prior, films, model.flow_size)}")
            _make(stored, model, prior, request)
    elif not stored.are_whole:
        raise RunError(
            f"{stored.folder}: expected the labels with which training began. Received: an "
            "incomplete set. Start again with another --run_dir."
        )
    taught = _good_enough(stored, model.config.training.least_confidence)
    found = [functools.partial(stored.read, number) for number in taught]
    found += truth_teacher.readers(with_truth, model.flow_size, kind)
    clips = [*(films[number] for number in taught), *with_truth]
    read = lambda number, frame: found[number](frame)
    return clips, Labels(read, kind)


def _link(folder: pathlib.Path, target: pathlib.Path) -> None:
    """Makes `folder` a link to `target`, which is made if it is missing."""
    target.mkdir(parents=True, exist_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(target.absolute(), target_is_directory=True)


def _key(prior: str, films: Sequence[Clip], size: tuple[int, int]) -> str:
    """Identifies a set of labels by the network, the clips and the size."""
    described = f"{prior} {provenance.fingerprint(films)} {size}"
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def _make(labels: FilmLabels, model: DFNet, prior: str, request: Request) -> None:
    def stop_if_asked() -> None:
        if request.number is not None:
            message = "stopped while labels were made; run the same command to continue."
            raise Interrupted(request.number, message)

    labels.make(Predictor(model).disparity, prior, stop_if_asked)


def _good_enough(labels: FilmLabels, least_confidence: float) -> list[int]:
    """The indices of the clips whose labels are good enough; prints the verdict on each clip."""
    verdicts = labels.verdicts(least_confidence)
    print(*verdicts, sep="\n")
    taught = [number for number, verdict in enumerate(verdicts) if verdict.teaches]
    if verdicts and not taught:
        raise ClipError(
            "Expected a film that shows depth: a moving camera, and static things with texture. "
            f"Received: {'; '.join(map(str, verdicts))}. --teacher=network works with any film."
        )
    return taught


def _digest(model: DFNet) -> str:
    """A digest of the depth network's weights."""
    digest = hashlib.sha256()
    for weight in model.depth_net.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()
