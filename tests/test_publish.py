"""Small run folders for sharing."""

import numpy as np
import pytest
import whole_inputs

from dfnet_tf.training import checkpoints


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("publish") / "run"
    whole_inputs.write_run(folder)
    return folder


def test_a_published_run_predicts_the_same_in_far_less_space(run_dir, tmp_path, run_main):
    status, out, _ = run_main(
        "dfnet_tf.publish", f"--run_dir={run_dir}", f"--output={tmp_path / 'small'}"
    )
    assert status == 0 and "MB, to" in out
    (before,) = checkpoints.all_checkpoints(run_dir)
    (after,) = checkpoints.all_checkpoints(tmp_path / "small")
    assert before.name == after.name
    assert after.stat().st_size < 0.35 * before.stat().st_size  # Adam's two moments are left out.
    models = [checkpoints.load_trained(folder) for folder in (run_dir, tmp_path / "small")]
    for network in ("depth_net", "pose_net", "flow_net"):
        whole, half = (getattr(model, network).get_weights() for model in models)
        for value, rounded in zip(whole, half, strict=True):
            assert rounded.dtype == np.float32
            np.testing.assert_allclose(rounded, value, rtol=1e-3, atol=1e-7)


def test_it_can_start_a_training(run_dir, tmp_path):
    path = checkpoints.publish(checkpoints.load_trained(run_dir), run_dir, tmp_path)
    assert path.parent.parent == tmp_path
    model = checkpoints.load_trained(run_dir)
    model.depth_net.set_weights([0 * value for value in model.depth_net.get_weights()])
    checkpoints.start_from(model, [tmp_path])
    assert any(value.any() for value in model.depth_net.get_weights())


def test_a_folder_without_a_run_is_refused_and_nothing_written(tmp_path, run_main):
    output = tmp_path / "small"
    status, _, err = run_main("dfnet_tf.publish", f"--run_dir={tmp_path}", f"--output={output}")
    assert status == 1 and "checkpoints/step_*.weights.h5" in err
    assert not output.exists()
