"""Several devices and processes give the same losses, gradients and weights as one device."""

import itertools
import json
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import strategy_teams
import tensorflow as tf

from dfnet_tf.config import ConfigError
from dfnet_tf.data.batches import pipeline
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.sources import synthetic
from dfnet_tf.models import distributed_step
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset
from dfnet_tf.training import checkpoints, schedule, strategies, workers

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def teams(tmp_path_factory):
    """The output folder of strategy_teams.py, which runs once."""
    folder = tmp_path_factory.mktemp("teams")
    program = Path(strategy_teams.__file__)
    process = subprocess.Popen(
        [sys.executable, program, folder], start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        assert process.wait(timeout=2 * strategy_teams.TIMEOUT) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return folder


def member(teams, name):
    path = teams / f"{name}.npz"
    assert path.exists(), (path.with_suffix(".txt")).read_text()
    return np.load(path)


MEMBERS = ["mirrored_0", "three_0", "three_1", "three_2", "dying_0", "dying_1"]


@pytest.mark.slow
@pytest.mark.parametrize("name", MEMBERS)
def test_every_replica_of_every_strategy_ends_like_one_device(teams, name):
    alone, together = member(teams, "one_0"), member(teams, name)
    assert set(alone) == set(together)
    for key in alone:
        scale = np.abs(alone[key]).max()
        if key.startswith("weight_"):  # Tolerance: a share of what one step may change.
            scale = strategy_teams.LEARNING_RATE * 10
        np.testing.assert_allclose(together[key], alone[key], atol=1e-4 * scale, err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("team", [["three_0", "three_1", "three_2"], ["dying_0", "dying_1"]])
def test_workers_end_with_the_very_same_numbers(teams, team):
    first, *others = (member(teams, name) for name in team)
    for other, key in itertools.product(others, first):
        np.testing.assert_array_equal(first[key], other[key], err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one_0", *MEMBERS])
def test_a_step_with_nan_in_one_replicas_part_is_skipped_by_all_and_counted_once(teams, name):
    ended = member(teams, name)
    assert ended["log_skipped_steps"] == 1
    assert np.isfinite(ended["log_loss"])
    (iterations,) = (ended[key] for key in ended if key.endswith("iteration"))
    assert iterations == 4  # Skipped steps count too: step k takes batch k.


@pytest.mark.slow
def test_only_the_chief_writes(teams):
    for team, size in (("three", 3), ("dying", 2)):
        assert [rank.name for rank in (teams / team).iterdir()] == ["0"]
        assert not any((teams / team / str(rank)).exists() for rank in range(1, size))
        names = [path.name for path in checkpoints.all_checkpoints(teams / team / "0")]
        assert names == ["step_00000002.weights.h5", "step_00000004.weights.h5"]


@pytest.mark.slow
def test_if_a_worker_dies_the_others_report_it_and_end(teams):
    message = (teams / "left_0.txt").read_text()
    assert message.startswith("WorkersError: Expected answers from all 2 workers. Received: none")
    assert "to continue from the last checkpoint" in message


@pytest.mark.slow
def test_workers_with_different_settings_end_before_anything_is_written(teams):
    for rank in range(2):
        message = (teams / f"quarrel_{rank}.txt").read_text()
        assert message == (
            "WorkersError: Expected the same settings in every worker. Received: 2 different ones "
            "in 2 workers."
        )
    assert not (teams / "quarrel").exists()


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("street") / "clip"
    synthetic.write_clip(synthetic.render_clip(0, 8, 32, 64), folder)
    return read_clips(folder)


@pytest.mark.parametrize(("workers", "replicas"), [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2)])
def test_the_workers_parts_joined_are_the_global_batch(clips, workers, replicas):
    config = strategy_teams.settings().data
    whole = itertools.islice(pipeline.training_batches(clips, config, seed=1, first_step=3), 2)
    parts = []
    for worker in range(workers):
        part = pipeline.Part(worker, workers, replicas)
        batches = pipeline.training_batches(clips, config, seed=1, first_step=3, part=part)
        parts.append(list(itertools.islice(batches, 2 * replicas)))
    for step, batch in enumerate(whole):
        mine = slice(step * replicas, (step + 1) * replicas)
        shares = [share for of_worker in parts for share in of_worker[mine]]
        assert len(shares) == workers * replicas
        for name, values in batch.items():
            joined = np.concatenate([share[name] for share in shares])
            np.testing.assert_array_equal(joined, values)


@pytest.mark.parametrize("objective", ["paper", "robust"])
def test_the_loss_of_a_batch_is_the_average_over_its_clips(clips, objective):
    """So that a sample's loss does not depend on the other samples on its device."""
    config = preset("tiny", objective).replace(
        data__height=32, data__width=64, training__jit_loss=False
    )
    model, batch = DFNet(config), pipeline.plain_batch(clips, config.data, [0, 5])
    whole, _ = model.loss_terms(batch, model(batch))
    alone = [{name: values[i : i + 1] for name, values in batch.items()} for i in range(2)]
    losses = [float(model.loss_terms(one, model(one))[0]) for one in alone]
    assert float(whole) == pytest.approx(np.mean(losses), rel=1e-5)


def test_a_scaled_loss_gives_the_gradients_of_the_plain_one(clips):
    batch, moments = pipeline.plain_batch(clips, strategy_teams.settings().data, [0]), []
    for precision in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(0)
        model = DFNet(strategy_teams.settings(training__precision=precision))
        model.build()
        schedule.compile_model(model)
        optimizer = model.optimizer
        if precision == "mixed_float16":
            optimizer.dynamic_scale.assign(256.0)  # Keras's initial 2^15 overflows here.
            optimizer = optimizer.inner_optimizer
        model.train_step((batch,))
        moments.append(np.concatenate([np.ravel(v) for v in optimizer.variables[2:]]))
    plain, scaled = moments
    assert np.corrcoef(plain, scaled)[0, 1] > 0.99
    assert np.linalg.norm(scaled) == pytest.approx(np.linalg.norm(plain), rel=0.05)


def scaled_sgd(scale=8.0):
    """Two variables, and an optimizer whose scale doubles after three good steps."""
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(1.0, momentum=0.5), initial_scale=scale, dynamic_growth_steps=3
    )
    variables = [keras.Variable(1.0), keras.Variable(1.0)]
    optimizer.build(variables)
    return optimizer, variables


def apply(optimizer, variables, loss, *gradients):
    """The results of `apply_sums` as numbers."""
    losses = {"loss": tf.constant(loss), "term": tf.constant(1.0)}
    gradients = [tf.constant(gradient) for gradient in gradients]
    losses, applied, skipped = distributed_step.apply_sums(optimizer, variables, losses, gradients)
    return float(losses["loss"]), bool(applied), bool(skipped)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(("loss", "gradient"), [(np.nan, 1.0), (1.0, np.inf), (-np.inf, np.nan)])
def test_nan_changes_only_the_count_of_steps(scaled, loss, gradient):
    optimizer, variables = scaled_sgd(scale=1.0)
    inner = optimizer.inner_optimizer
    optimizer = optimizer if scaled else inner
    apply(optimizer, variables, 1.0, 0.25, 0.25)
    state = [*variables, *inner.variables[1:]]  # All but the steps.
    before = [float(value) for value in state]
    assert before[0] == 0.75
    assert apply(optimizer, variables, loss, 0.25, gradient)[1:] == (False, True)
    assert [float(value) for value in state] == before
    assert int(optimizer.iterations) == 2


def test_an_overflow_of_a_scaled_loss_halves_the_scale_and_is_no_skipped_step():
    optimizer, variables = scaled_sgd()
    assert apply(optimizer, variables, 1.0, np.inf, 0.0) == (1.0, False, False)
    assert (float(optimizer.dynamic_scale), int(optimizer.iterations)) == (4.0, 1)
    assert apply(optimizer, variables, np.nan, 0.0, 0.0)[1:] == (False, True)  # No scale helps.
    assert apply(optimizer, variables, 1.0, 1.0, 0.0) == (1.0, True, False)
    assert float(variables[0]) == 1.0 - 1.0 / 2.0  # The scale was 2 by then.


def test_the_scale_doubles_after_so_many_good_steps():
    optimizer, variables = scaled_sgd()
    scales = []
    for gradient in (1.0, 1.0, 1.0, np.inf, 1.0, 1.0, 1.0):
        apply(optimizer, variables, 1.0, gradient, 0.0)
        scales.append(float(optimizer.dynamic_scale))
    assert scales == [8, 8, 16, 8, 8, 8, 16]


def test_a_batch_that_the_devices_cannot_share_is_refused():
    config = strategy_teams.settings()
    four = types.SimpleNamespace(num_replicas_in_sync=4)
    with pytest.raises(ConfigError, match="--batch_size that 4 devices can share.*Received: 6"):
        strategies.check_shares(four, config)
    three = types.SimpleNamespace(num_replicas_in_sync=3)
    strategies.check_shares(three, config)
    assert strategies.description(three, config) == ("3 devices. Global batch: 6 clips, 2 on each.")


def test_a_time_limit_of_several_workers_is_refused():
    config = strategy_teams.settings(training__minutes=1.0)
    alone = types.SimpleNamespace(num_replicas_in_sync=2, cluster_resolver=None)
    strategies.check_shares(alone, config)
    team = types.SimpleNamespace(num_replicas_in_sync=2, cluster_resolver=object())
    with pytest.raises(ConfigError, match="one machine for --minutes.*several workers"):
        strategies.check_shares(team, config)


CLUSTER = {"worker": ["a:1", "b:1"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps({"cluster": CLUSTER}),
        json.dumps({"cluster": CLUSTER, "task": {"type": "worker", "index": 2}}),
        json.dumps({"cluster": CLUSTER, "task": {"type": "worker", "index": -1}}),
        json.dumps({"cluster": CLUSTER, "task": {"type": "chief", "index": 0}}),
        json.dumps({"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}),
    ],
)
def test_a_tf_config_that_does_not_name_this_worker_is_refused(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ConfigError, match="TF_CONFIG in the environment to name the workers"):
        strategies.make("multi_worker")


def test_one_device_is_the_default_and_its_process_the_chief(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    strategy = strategies.make("one")
    assert strategy is tf.distribute.get_strategy()
    assert workers.is_chief(strategy)
    assert workers.count(strategy) == 1
    with pytest.raises(ConfigError, match="one, mirrored, multi_worker, auto. Received: two"):
        strategies.make("two")


@pytest.mark.parametrize(("jobs", "chief"), [(["worker"], 0), (["chief", "worker"], None)])
def test_the_chief_is_the_job_of_that_name_or_else_the_first_worker(jobs, chief):
    spec = tf.train.ClusterSpec({job: ["a:1", "b:1"][: 1 if job == "chief" else 2] for job in jobs})
    for rank in range(2):
        resolver = types.SimpleNamespace(
            cluster_spec=lambda: spec, task_type="worker", task_id=rank
        )
        strategy = types.SimpleNamespace(cluster_resolver=resolver)
        assert workers.is_chief(strategy) == (rank == chief)
        assert workers.count(strategy) == len(jobs) + 1
