"""Shapes, parameter counts, and what the heads must and must not do."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.weights import artifacts
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.image_classifier.config import DEFAULT as CLASSIFIER
from mmdemo.demos.localizer import model
from mmdemo.demos.localizer.config import BOOK, DEFAULT, TINY
from mmdemo.demos.localizer.model import (
    AskedOrLikeliest,
    AttentionPooling,
    Evidence,
    GrowLike,
    ToCorners,
    WithCoordinates,
)
from tests.demos.localizer.conftest import arrays


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    """With weights of some size, so that something comes out."""
    keras.utils.set_random_seed(0)
    network = model.build(TINY)
    rng = np.random.default_rng(0)
    network.set_weights(
        [abs(rng.normal(0.3, 0.5, weight.shape)) for weight in network.get_weights()]
    )
    return network


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32) * 255


def test_book_is_the_source_s_network():
    network = model.build(BOOK)
    assert network.input_shape == (None, 64, 64, 3)
    assert network.output_shape == [(None, 200), (None, 4)]
    assert [type(layer).__name__ for layer in network.layers] == [
        *("InputLayer", "Rescaling"),
        *("Conv2D", "MaxPooling2D") * 4,
        *("Flatten", "Dense", "Dense", "ToCorners"),
    ]
    sides = [layer.output.shape[1] for layer in network.layers if "conv" in layer.name]
    assert sides == [62, 29, 12, 4]
    assert network.get_layer("flatten").output.shape == (None, 2 * 2 * 256)
    convolutions = sum(9 * a * b + b for a, b in ((3, 32), (32, 64), (64, 128), (128, 256)))
    assert network.count_params() == convolutions + 1024 * 200 + 200 + 1024 * 4 + 4 == 597_516
    work = sum(
        layer.output.shape[1] ** 2 * layer.kernel.shape[2] * layer.filters * 9
        for layer in network.layers
        if "conv" in layer.name
    )
    assert work == 34_157_952  # multiplications for one picture


def test_default_is_heads_on_the_classifier_s_backbone():
    network = model.build(DEFAULT)
    assert network.input_shape == [(None, None, None, 3), (None, 200)]
    body, heads = network.get_layer(artifacts.BACKBONE), network.get_layer(artifacts.HEADS)
    assert not body.trainable
    assert body.count_params() + heads.count_params() == network.count_params()
    assert {id(w) for w in network.trainable_weights} == {id(w) for w in heads.trainable_weights}
    for key in ("stem", "widths", "depths", "classes"):
        assert getattr(DEFAULT.network, key) == getattr(CLASSIFIER.network, key)
    assert DEFAULT.input.side == CLASSIFIER.input.side
    assert heads.count_params() == 821_124
    maps = [keras.ops.shape(tensor) for tensor in body(np.zeros((1, 64, 64, 3), "float32"))]
    assert [tuple(map_) for map_ in maps[-2:]] == [(1, 8, 8, 320), (1, 4, 4, 512)]


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 3), (16, 16), (33, 20), (64, 64)])
def test_any_size_gives_a_box_in_the_picture(tiny, size):
    logits, found = arrays(tiny, noise(3, *size, 3))
    assert logits.shape == (3, TINY.network.classes)
    assert found.shape == (3, 4)
    assert np.isfinite(logits).all()
    assert (found >= 0).all()
    assert (found <= 1 + 1e-6).all()
    assert (found[:, :2] <= found[:, 2:]).all()


@pytest.mark.parametrize("training", [False, True])
def test_the_backbone_normalises_by_what_it_has_learnt(tiny, training):
    """In training too: its averages neither serve from the batch, nor move."""
    network = keras.models.clone_model(tiny)
    network.set_weights(tiny.get_weights())
    body = network.get_layer(artifacts.BACKBONE)
    before = body.get_weights()
    network(
        [noise(4, 16, 16, 3), np.zeros((4, TINY.network.classes), "float32")], training=training
    )
    for mine, theirs in zip(before, body.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_without_a_wish_the_box_is_the_likeliest_one_s():
    keras.utils.set_random_seed(1)
    network = model.build(TINY)
    pictures = noise(4, 16, 16, 3)
    logits, found = arrays(network, pictures)
    _, asked = arrays(network, pictures, logits.argmax(axis=1))
    np.testing.assert_allclose(found, asked, atol=1e-5)
    _, other = arrays(network, pictures, (logits.argmax(axis=1) + 1) % TINY.network.classes)
    assert np.abs(other - found).max() > 1e-4
    again, _ = arrays(network, pictures, np.zeros(4, int))
    np.testing.assert_allclose(again, logits, atol=1e-5)  # a wish changes no verdict


def test_the_asked_class_or_the_likeliest_by_hand():
    logits = np.array([[0.1, 0.7, 0.2], [5.0, -1.0, 4.0], [-3.0, -2.0, -1.0]], "float32")
    wanted = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]], "float32")  # one wish, two without
    found = keras.ops.convert_to_numpy(AskedOrLikeliest()([wanted, logits]))
    assert found.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_evidence_is_a_product_at_each_place():
    rng = np.random.default_rng(0)
    map_, vector = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 5))
    found = np.asarray(Evidence()([map_.astype("float32"), vector.astype("float32")]))
    np.testing.assert_allclose(found[1, 2, 3, 0], map_[1, 2, 3] @ vector[1], rtol=1e-4)


def test_corners_by_hand():
    place_and_size = np.array(
        [[0, 0, 0.5, 1], [1, 0.5, 0.5, 0.2], [0.5, 0.5, 1, 1], [0.3, 0.9, 0, 0]], "float32"
    )
    found = np.asarray(ToCorners()(place_and_size))
    wanted = [[0, 0, 0.5, 1], [0.5, 0.4, 1, 0.6], [0, 0, 1, 1], [0.3, 0.9, 0.3, 0.9]]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_map_grows_to_the_size_of_another():
    small = np.arange(6, dtype="float32").reshape(1, 2, 3, 1)
    grown = np.asarray(GrowLike()([small, np.zeros((1, 3, 6, 2), "float32")]))
    assert grown[0, :, :, 0].tolist() == [
        [0, 0, 1, 1, 2, 2],
        [0, 0, 1, 1, 2, 2],
        [3, 3, 4, 4, 5, 5],
    ]


def test_coordinates_run_from_edge_to_edge():
    found = np.asarray(WithCoordinates()(np.zeros((2, 2, 4, 3), "float32")))
    assert found.shape == (2, 2, 4, 5)
    assert found[0, 0, :, 3].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert found[1, :, 1, 4].tolist() == [-0.5, 0.5]


def test_attention_pools_what_stands_where_it_looks():
    scores = np.full((1, 4, 5, 2), -40.0, "float32")
    scores[0, 2, 4, 0] = 40  # one place
    scores[0, 0, 0, 1] = scores[0, 0, 4, 1] = 40  # two places
    values = np.random.default_rng(0).normal(size=(1, 4, 5, 3)).astype("float32")
    found = np.asarray(AttentionPooling()([scores, values])).reshape(2, 3)
    np.testing.assert_allclose(found[0], values[0, 2, 4], atol=1e-5)
    np.testing.assert_allclose(found[1], (values[0, 0, 0] + values[0, 0, 4]) / 2, atol=1e-5)
    evenly = np.asarray(AttentionPooling()([np.zeros_like(scores), values]))
    np.testing.assert_allclose(evenly[0, :3], values.mean(axis=(0, 1, 2)), atol=1e-5)


def test_unknown_network():
    with pytest.raises(ValueError, match="venus"):
        model.build(replace(BOOK, network="venus"))


def test_save_and_load(tiny, tmp_path):
    path = tmp_path / "a.keras"
    tiny.save(path)
    again = keras.saving.load_model(path)
    pictures = noise(2, 16, 16, 3)
    for mine, theirs in zip(arrays(tiny, pictures), arrays(again, pictures), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
