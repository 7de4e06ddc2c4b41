import keras
import numpy as np
import pytest
import tensorflow as tf

from dfnet_tf import stages
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.presets import preset

HEIGHT, WIDTH = 32, 64
TERMS = stages.STAGES["joint"]["network"].terms["paper"]
ROBUST_TERMS = stages.STAGES["joint"]["network"].terms["robust"]


def tiny(**changes):
    return preset("tiny").replace(
        data__height=HEIGHT, data__width=WIDTH, training__jit_loss=False, **changes
    )


def random_batch(num_frames=3, batch_size=2, height=HEIGHT, width=WIDTH):
    coarse = np.random.default_rng(0).uniform(size=[batch_size * num_frames, 8, 16, 3])
    frames = tf.image.resize(coarse, (height, width), "bicubic").numpy().clip(0, 1)
    images = tf.constant(frames.reshape(batch_size, num_frames, height, width, 3), "float32")
    intrinsics = np.array([[[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]]])
    return {
        "images": images,
        "clean_images": images,
        "intrinsics": tf.constant(np.repeat(intrinsics, batch_size, 0), "float32"),
    }


@pytest.mark.parametrize("num_frames", [2, 3, 5])
def test_any_number_of_frames_gives_all_pairs(num_frames):
    model = DFNet(tiny(data__num_frames=num_frames))
    batch = random_batch(num_frames)
    predictions = model(batch)
    sources = num_frames - 1
    assert predictions["motions"].shape == (2, sources, 2, 6)
    assert predictions["flows"][0].shape == (2 * 2 * sources, HEIGHT // 4, WIDTH // 4, 2)
    assert predictions["disparities"][0].shape == (2, num_frames, HEIGHT, WIDTH, 1)
    total, terms = model.loss_terms(batch, predictions)
    assert set(terms) == set(TERMS)
    assert np.isfinite(total)


def test_paper_halves_the_frames_for_depth_and_losses():
    model = DFNet(preset("paper").replace(data__height=128, data__width=128, data__batch_size=1))
    batch = random_batch(5, 1, 128, 128)
    predictions = model(batch)
    assert [maps.shape[2] for maps in predictions["disparities"]] == [64, 32, 16, 8]
    assert [maps.shape[1] for maps in predictions["flows"]] == [32, 16, 8, 4, 2]
    images, intrinsics = model.loss_inputs(batch, predictions)
    assert images.shape == (1, 5, 64, 64, 3)
    np.testing.assert_allclose(intrinsics[0, 0], [64, 0, (64 + 0.5) / 2 - 0.5])


def test_the_cross_task_term_alone_teaches_every_network():
    others = [name for name in TERMS if name != "cross_task"]
    model = DFNet(tiny(**{f"loss__{name}": 0.0 for name in others}))
    batch = random_batch()
    with tf.GradientTape(persistent=True) as tape:
        total, terms = model.loss_terms(batch, model(batch))
    assert float(total) == pytest.approx(float(terms["cross_task"]))
    for network in (model.depth_net, model.pose_net, model.flow_net):
        gradients = tape.gradient(total, network.trainable_variables)
        assert max(float(tf.reduce_max(tf.abs(g))) for g in gradients if g is not None) > 0


def test_features_of_a_frame_are_computed_once():
    model = DFNet(tiny())
    model.build()
    sizes = []
    encode = model.flow_net.encode
    model.flow_net.encode = lambda images: sizes.append(images.shape[0]) or encode(images)
    model(random_batch())
    assert sizes == [2 * 3]  # Six frames, although there are eight pairs.


def test_the_compiled_loss_has_the_same_value_and_gradient():
    batch = random_batch()
    config = tiny(loss__level_weights=(2.0, 0.0, 0.0, 0.0))  # XLA is slow; a level has every term.
    plain, compiled = DFNet(config), DFNet(config.replace(training__jit_loss=True))
    predictions = plain(batch)
    total, terms, gradients = plain._loss_and_gradient(batch, predictions)
    jit_total, jit_terms, jit_gradients = compiled._loss_and_gradient(batch, predictions)
    assert float(jit_total) == pytest.approx(float(total), rel=1e-4)
    for name in TERMS:
        assert float(jit_terms[name]) == pytest.approx(float(terms[name]), rel=1e-3, abs=1e-5)
    for gradient, jit_gradient in zip(gradients, jit_gradients, strict=True):
        scale = float(tf.reduce_max(tf.abs(gradient)))
        np.testing.assert_allclose(jit_gradient, gradient, atol=1e-3 * scale)


def test_a_saved_model_is_loaded_with_its_settings_and_weights(tmp_path):
    model = DFNet(tiny())
    batch = random_batch()
    expected = model(batch)["flows"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.config == model.config
    np.testing.assert_allclose(loaded(batch)["flows"][0], expected, atol=1e-6)


def test_a_size_that_the_networks_cannot_take_is_refused():
    config = preset("tiny").replace(data__height=72, data__width=120)
    with pytest.raises(ValueError, match="multiples of 32"):
        DFNet(config)


def test_keras_evaluates_the_same_loss():
    model, batch = DFNet(tiny()), random_batch()
    model.compile(run_eagerly=True)
    results = model.evaluate(tf.data.Dataset.from_tensors(batch), verbose=0, return_dict=True)
    total, terms = model.loss_terms(batch, model(batch))
    assert results["loss"] == pytest.approx(float(total), rel=1e-4)
    assert results["cross_task"] == pytest.approx(float(terms["cross_task"]), rel=1e-4)


def robust_tiny(**changes):
    config = preset("tiny", "robust")
    return config.replace(
        data__height=HEIGHT,
        data__width=WIDTH,
        training__jit_loss=False,
        loss__depth_level_weights=(1.0,),
        loss__flow_level_weights=(1.0,),
        **changes,
    )


def test_the_robust_objective_trains_every_network_and_tracks_its_own_terms():
    model, batch = DFNet(robust_tiny()), random_batch()
    predictions = model(batch)
    assert predictions["crop_flows"].shape == predictions["flows"][0].shape
    assert [tracker.name for tracker in model.term_trackers] == list(ROBUST_TERMS)
    model.compile(keras.optimizers.Adam(1e-3))
    before = [[v.numpy() for v in net.trainable_variables] for net in model.layers]
    results = model.train_step((batch,))
    assert set(results) == {"loss", *ROBUST_TERMS, "skipped_steps"}
    for network, variables in zip(model.layers, before, strict=True):
        changed = [
            not np.array_equal(new.numpy(), old)
            for new, old in zip(network.trainable_variables, variables, strict=True)
        ]
        assert any(changed), network.name


def test_a_prediction_without_a_loss_gets_no_gradient():
    model, batch = DFNet(robust_tiny(training__stage="flow")), random_batch()
    predictions = model(batch)
    _, _, gradients = model._loss_and_gradient(batch, predictions)
    by_name = tf.nest.pack_sequence_as(predictions, gradients)
    assert np.abs(by_name["flows"][0]).max() > 0
    for gradient in by_name["flows"][1:]:
        np.testing.assert_array_equal(gradient, 0)
