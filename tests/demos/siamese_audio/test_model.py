from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from mmdemo.core.nets.metric_learning import CosineLogits, EuclideanDistance, build_siamese
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.siamese_audio import whitening
from mmdemo.demos.siamese_audio.config import BOOK, DEFAULT, TINY
from mmdemo.demos.siamese_audio.model import (
    Mean,
    build,
    build_classifier,
)

# Keras copies arrays in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_book_layer_by_layer():
    rows = [(type(layer).__name__, layer.count_params()) for layer in build(BOOK).layers]
    assert rows == [
        ("InputLayer", 0),
        ("Flatten", 0),
        ("Dense", 20 * 400 * 128 + 128),
        ("Dropout", 0),
        ("Dense", 128 * 128 + 128),
        ("Dropout", 0),
        ("Dense", 128 * 128 + 128),
    ]
    model = build(BOOK)
    assert model.input_shape == (None, 20, 400)
    assert model.output_shape == (None, 128)
    assert {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)} == {
        0.1
    }
    assert (BOOK.training.epochs, BOOK.training.batch) == (13, 128)
    assert (BOOK.training.margin, BOOK.input.decimation) == (1.0, 3)


@pytest.mark.parametrize(("config", "length"), [(DEFAULT, 3 * 256), (TINY, 16)])
def test_each_log_mel_network_gives_unit_vectors_before_the_whitening(config, length):
    model = build(config)
    assert model.input_shape == (None, config.input.frames, config.input.bands, 1)
    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (3, config.input.frames, config.input.bands, 1)).astype("float32")
    vectors = np.asarray(model(pictures, training=False))
    assert vectors.shape == (3, length)
    for member in np.split(vectors, config.network.members, axis=1):
        np.testing.assert_allclose(np.linalg.norm(member, axis=1), 1, atol=1e-4)


def test_default_is_small():
    whitening = 256 * 256 + 256
    assert build(DEFAULT).count_params() == 3 * (135_248 + whitening)


def test_training_leaves_the_whitening_alone():
    network = build(TINY)
    assert not network.get_layer("whiten").trainable_weights
    kernel, bias = network.get_layer("whiten").get_weights()
    np.testing.assert_array_equal(kernel, np.eye(16))
    np.testing.assert_array_equal(bias, np.zeros(16))


@pytest.mark.parametrize("power", [0.0, 0.25, 0.5])
def test_whitening_evens_out_the_scatter_within_kinds(power):
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(4), 200)
    spread = np.array([[2.0, 0, 0], [1.0, 1.0, 0], [0, 0, 1.0]])
    vectors = rng.normal(size=(4, 3))[kinds] * 5 + rng.normal(size=(800, 3)) @ spread + 7
    kernel, bias = whitening.fit(vectors, kinds, power)
    mapped = vectors @ kernel + bias
    assert np.linalg.norm(mapped, axis=1).mean() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-4)
    variances = np.mean([np.diag(np.cov(mapped[kinds == k].T)) for k in range(4)], axis=0)
    uneven = variances.max() / variances.min()
    assert (uneven < 1.1) == (power == 0.5)


def test_whitening_takes_what_never_varies():
    vectors = np.zeros((6, 4))
    vectors[:, 0] = np.arange(6)
    kernel, bias = whitening.fit(vectors, np.array([0, 0, 0, 1, 1, 2]), 0.25)
    assert np.isfinite(kernel).all()
    assert np.isfinite(bias).all()


def test_siamese_distance_is_that_of_the_embeddings():
    network = build(TINY)
    siamese = build_siamese(network)
    rng = np.random.default_rng(0)
    left, right = rng.uniform(-1, 1, (2, 4, TINY.input.frames, TINY.input.bands, 1)).astype(
        "float32"
    )
    apart = np.asarray(network(left)) - np.asarray(network(right))
    np.testing.assert_allclose(
        np.asarray(siamese([left, right]))[:, 0], np.linalg.norm(apart, axis=1), atol=1e-5
    )
    assert isinstance(siamese.layers[-1], EuclideanDistance)


def test_classifier_shapes():
    classifier = build_classifier(build(TINY), 5, TINY.network)
    assert classifier.output_shape == (None, 5)


def test_cosine_logits_are_bounded_by_the_scale():
    layer = CosineLogits(classes=3, scale=10.0)
    directions = keras.ops.normalize(np.random.default_rng(0).normal(size=(6, 4)).astype("float32"))
    logits = np.asarray(layer(directions))
    assert logits.shape == (6, 3)
    assert np.abs(logits).max() <= 10.0 + 1e-4


@pytest.mark.parametrize("config", [BOOK, TINY])
def test_weights_survive_saving(config, tmp_path: Path):
    config = replace(config, frames=32)
    model, other = build(config), build(config)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    x = np.random.default_rng(0).uniform(-1, 1, (2, *model.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(np.asarray(model(x)), np.asarray(other(x)), atol=1e-6)


@pytest.mark.parametrize("layer", [CosineLogits(4, 12.0), Mean(2)])
def test_layers_round_trip_through_their_config(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_unknown_features_are_refused():
    with pytest.raises(ValueError, match="log_mel or mfcc"):
        build(replace(TINY, features="raw"))
