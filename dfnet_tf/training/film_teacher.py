"""Teacher `film` of stage distil: which clips teach, and what, in each round of a training."""

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
from dfnet_tf.training import averaging, resumption
from dfnet_tf.training.checkpoints import RunError


def first_step_of_round(step: int, training: TrainingConfig) -> int:
    """The step at which the round that `step` belongs to begins; rounds end with an epoch."""
    epoch = step // training.steps_per_epoch
    begins = [0, *resumption.round_ends(training)[:-1]]
    return max(begin for begin in begins if begin <= epoch) * training.steps_per_epoch


def lesson(
    model: DFNet, clips: Sequence[Clip], run_dir: pathlib.Path, step: int, request: Request
) -> tuple[list[Clip], Labels]:
    """Makes the labels of the round that begins, or finds those of the round under way.

    Prints what each clip's labels are worth.

    Returns:
      the clips whose labels are good enough, and these labels: log disparity and confidence.

    Raises:
      RunError: the labels of the round under way are gone: the network that they were fused with
        has changed since.
      ClipError: no clip's labels are good enough.
      Interrupted: `request` asked for the end; the labels made so far stay.
    """

    def stop_if_asked() -> None:
        if request.number is not None:
            message = "stopped while labels were made; the same command goes on from there."
            raise Interrupted(request.number, message)

    begin = first_step_of_round(step, model.config.training)
    labels = FilmLabels(run_dir / "labels" / f"step_{begin:08d}", clips, model.flow_size)
    if step == begin:
        with averaging.averaged(model):
            labels.make(Predictor(model).disparity, _digest(model), stop_if_asked)
    elif not labels.are_whole:
        raise RunError(
            f"{labels.folder}: expected the labels that training began with. Received: not all of "
            "them. Start again with another --run_dir."
        )
    verdicts = labels.verdicts()
    print(*verdicts, sep="\n")
    taught = [number for number, verdict in enumerate(verdicts) if verdict.teaches]
    if not taught:
        raise ClipError(
            "Expected a film that shows depth: a camera that moves past things that stand still "
            f"and have texture. Received: {'; '.join(map(str, verdicts))}. --teacher=network "
            "needs no such film."
        )
    read = lambda clip, frame: labels.read(taught[clip], frame)
    return [clips[number] for number in taught], Labels(read)


def _digest(model: DFNet) -> str:
    """Names the depth network by its weights."""
    digest = hashlib.sha256()
    for weight in model.depth_net.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()
