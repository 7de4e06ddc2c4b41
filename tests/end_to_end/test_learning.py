"""A short training on one rendered clip: loss and true errors fall."""

import keras
import pytest

from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.data.truth import depth_samples, flow_pairs
from dfnet_tf.evaluation import depth_protocol, flow_protocol
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.prediction.predictor import Predictor
from dfnet_tf.presets import preset
from dfnet_tf.training import schedule

pytestmark = pytest.mark.slow

STEPS = 200


@pytest.fixture(scope="module")
def learning(tmp_path_factory):
    """The loss and the true errors of depth and flow, before and after training."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(synthetic.render_clip(3, 6, 64, 96), folder)
    clips = read_clips(folder)
    config = preset("tiny").replace(
        data__height=64,
        data__width=96,
        data__max_scale=1.0,
        data__contrast=0.0,
        data__gamma=0.0,
        data__noise=0.0,
        training__learning_rate=1e-3,
        training__jit_loss=False,
    )
    model = DFNet(config)
    model.build()
    schedule.compile_model(model)
    before = _measured(model, clips)
    batches = pipeline.training_batches(clips, config.data, seed=0)
    model.fit(batches, steps_per_epoch=STEPS, verbose=0, shuffle=False)
    return before, _measured(model, clips)


def _measured(model, clips):
    predictor = Predictor(model)
    batch = pipeline.plain_batch(clips, model.config.data, range(4))
    total, _ = model.loss_terms(batch, model(batch))
    samples = depth_samples.clip_samples(clips)
    depth = depth_protocol.evaluate_depth(samples, predictor.disparity, crop=None)
    flow = flow_protocol.evaluate_flow(flow_pairs.read_flow_pairs(clips[0].folder), predictor.flow)
    (kind,) = flow["ours"]
    return {
        "loss": float(total),
        "depth": depth["ours"]["80m"]["abs_rel"],
        "flow": flow["ours"][kind]["epe"],
    }


@pytest.mark.parametrize(("what", "share"), [("loss", 0.9), ("depth", 0.5), ("flow", 0.8)])
def test_training_lowers(learning, what, share):
    before, after = learning
    assert after[what] < share * before[what]
