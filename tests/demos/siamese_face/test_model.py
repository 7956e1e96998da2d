"""Architectures: layer by layer, sizes, invariants, learning on a handful of samples."""

import keras
import numpy as np
import pytest
from keras import ops

from mmdemo.core.nets.metric_learning import ContrastiveLoss, CosineMarginLoss, build_siamese
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.siamese_face import data
from mmdemo.demos.siamese_face.config import BOOK, DEFAULT, TINY, Config
from mmdemo.demos.siamese_face.model import (
    AverageMirrorImage,
    LocalContrast,
    Standardise,
    WithMirrorImage,
    build,
    build_learner,
)

from . import drawing


def faces(count: int, config: Config = TINY) -> np.ndarray:
    return data.inputs(drawing.people(count, 1).images, config.input)


def call(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return ops.convert_to_numpy(model(x, training=False))


def test_book_layer_by_layer():
    network = build(BOOK)
    rows = [(type(layer).__name__, layer.output.shape[1:]) for layer in network.layers]
    assert rows == [
        ("InputLayer", (56, 46, 1)),
        ("Conv2D", (54, 44, 6)),
        ("MaxPooling2D", (27, 22, 6)),
        ("Dropout", (27, 22, 6)),
        ("Conv2D", (25, 20, 12)),
        ("MaxPooling2D", (12, 10, 12)),
        ("Dropout", (12, 10, 12)),
        ("Flatten", (1440,)),
        ("Dense", (128,)),
        ("Dropout", (128,)),
        ("Dense", (50,)),
    ]
    assert [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)] == [
        0.25,
        0.25,
        0.1,
    ]
    training = BOOK.training
    weighty = [layer for layer in network.layers if layer.weights]
    assert [layer.activation.__name__ for layer in weighty] == ["relu"] * 4
    assert [layer.count_params() for layer in weighty] == [60, 660, 184_448, 6_450]
    assert (training.margin, training.epochs) == (1.0, 13)
    assert (training.batch_size, training.pairs) == (128, 10_000)


def test_shapes_and_sizes():
    assert build(DEFAULT).output_shape == (None, 128)
    assert build(DEFAULT).count_params() == 1_458_144
    assert build(TINY).output_shape == (None, 8)
    learner = build_learner(build(TINY), people=5)
    assert learner.output_shape == (None, 5)
    with pytest.raises(ValueError, match="nothing"):
        build(replace(TINY, network="nothing"))


def test_distance_is_zero_for_equal_faces_and_symmetric():
    for config in (BOOK, TINY):
        siamese = build_siamese(build(config))
        left = faces(4, config)
        right = left[::-1].copy()
        same = ops.convert_to_numpy(siamese([left, left], training=False))
        forth = ops.convert_to_numpy(siamese([left, right], training=False))
        back = ops.convert_to_numpy(siamese([right, left], training=False))
        assert np.array_equal(same, np.zeros((4, 1)))
        np.testing.assert_allclose(forth, back, atol=1e-6)
        assert forth.shape == (4, 1)


def test_residual_network_does_not_see_mirroring_exposure_or_the_rest_of_the_batch():
    network = build(TINY)
    x = faces(5)
    vectors = call(network, x)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(call(network, x[:, :, ::-1].copy()), vectors, atol=1e-5)
    np.testing.assert_allclose(call(network, 0.5 * x + 0.2), vectors, atol=0.02)
    np.testing.assert_allclose(call(network, x[2:3]), vectors[2:3], atol=1e-5)
    assert np.isfinite(call(network, np.zeros_like(x))).all()


def test_layers_against_numpy():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, 7, 1)).astype("float32")
    both = ops.convert_to_numpy(WithMirrorImage()(x))
    assert np.array_equal(both[:2], x)
    assert np.array_equal(both[2:], x[:, :, ::-1])
    vectors = rng.normal(size=(4, 3)).astype("float32")
    average = ops.convert_to_numpy(AverageMirrorImage()(vectors))
    np.testing.assert_allclose(average, (vectors[:2] + vectors[2:]) / 2, rtol=1e-6)
    standard = ops.convert_to_numpy(Standardise()(x))
    np.testing.assert_allclose(standard.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(standard.std((1, 2, 3)), 1, atol=2e-3)

    layer = LocalContrast(3, floor=0.25)
    local = ops.convert_to_numpy(layer(x))
    window = x[1, 3:6, 2:5, 0]
    expected = (x[1, 4, 3, 0] - window.mean()) / (window.std() + 0.25)
    assert local[1, 4, 3, 0] == pytest.approx(expected, abs=1e-5)
    assert LocalContrast.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("config", [BOOK, TINY], ids=["book", "tiny"])
def test_saved_weights_give_the_same_outputs(config, tmp_path):
    first, second = build(config), build(config)
    x = faces(3, config)
    first.save_weights(tmp_path / "face.weights.h5")
    second.load_weights(tmp_path / "face.weights.h5")
    assert np.array_equal(call(first, x), call(second, x))
    whole = tmp_path / "face.keras"
    first.save(whole)
    assert np.array_equal(call(first, x), call(keras.models.load_model(whole), x))


def test_book_learns_a_handful_of_pairs():
    keras.utils.set_random_seed(0)
    # Without dropout, which would keep the loss up.
    config = replace(BOOK, conv_dropout=0.0, dense_dropout=0.0)
    siamese = build_siamese(build(config))
    siamese.compile(keras.optimizers.Adam(1e-3), ContrastiveLoss(), jit_compile=False)
    x = faces(4, config)
    again = np.clip(x + 0.05, 0, 1)
    left, right = np.concatenate([x, x]), np.concatenate([again, again[::-1]])
    same = np.repeat([1.0, 0.0], 4)[:, None]
    start = siamese.evaluate([left, right], same, verbose=0)
    siamese.fit([left, right], same, epochs=150, batch_size=8, verbose=0)
    assert siamese.evaluate([left, right], same, verbose=0) < 0.02 * start


def test_residual_network_learns_a_handful_of_people():
    keras.utils.set_random_seed(0)
    network = build(replace(TINY, dense_dropout=0.0))
    people = drawing.people(3, 2)
    learner = build_learner(network, people=3)
    loss = CosineMarginLoss(TINY.training.margin, TINY.training.scale)
    learner.compile(keras.optimizers.Adam(1e-2), loss, jit_compile=False)
    x = data.inputs(people.images, TINY.input)
    start = learner.evaluate(x, people.labels, verbose=0)
    before = network.get_layer("residual").get_weights()[0]
    # Batch norm's running means settle within a few hundred steps.
    learner.fit(x, people.labels, epochs=400, batch_size=6, verbose=0)
    assert learner.evaluate(x, people.labels, verbose=0) < 0.02 * start
    # The served network shares these weights.
    assert not np.array_equal(network.get_layer("residual").get_weights()[0], before)
