"""The networks: sizes as published, and what a question may change."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.weights.configuration import replace
from mmdemo.demos.visual_qa import config
from mmdemo.demos.visual_qa.layers import Looked, Seek
from mmdemo.demos.visual_qa.model import build

TINY = config.TINY


def inputs(network: keras.Model, questions: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    picture, asked = network.inputs
    words = rng.integers(1, 9, (2, questions, asked.shape[-1]))
    return [rng.random((2, *picture.shape[1:]), np.float32), words.astype(np.int32)]


def test_the_chapter_s_network_has_as_many_weights_as_printed():
    with keras.StatelessScope(initialize_variables=False):
        network = build(config.PRINTED)
        assert network.count_params() == 165_077_800
        assert network.get_layer("flat").output.shape[1] == 25 * 25 * 256
        small = build(config.BOOK)
        assert [layer.filters for layer in small.layers if hasattr(layer, "filters")] == (
            [64, 64, 128, 128, 256, 256, 256]
        )
        assert 2.3e6 < small.count_params() < 2.4e6


@pytest.mark.parametrize("name", ["shapes/default", "relations/default", "relations/relation"])
def test_our_networks_are_small(name):
    with keras.StatelessScope(initialize_variables=False):
        assert build(config.PRESETS[name]).count_params() < 300_000


def test_there_is_no_other_network():
    with pytest.raises(ValueError, match="clip"):
        build(replace(TINY, network="clip"))


def test_side_by_side_a_picture_counts_the_same_for_every_question():
    """The chapter's network adds: between two answers a picture moves all questions alike."""
    network = build(replace(TINY, network="vgg", filters=(2, 3, 4)))
    pictures, asked = inputs(network)
    asked[1] = asked[0]
    odds = np.log(keras.ops.convert_to_numpy(network([pictures, asked])))
    moved = odds[1] - odds[0]  # (Q, answers)
    moved = moved - moved[:, :1]
    np.testing.assert_allclose(moved, np.repeat(moved[:1], len(moved), axis=0), atol=1e-4)
    film = build(TINY)
    odds = np.log(keras.ops.convert_to_numpy(film([pictures, asked])[0]))
    moved = odds[1] - odds[0] - (odds[1] - odds[0])[:, :1]
    assert np.abs(moved - moved[:1]).max() > 1e-3


@pytest.mark.parametrize("seeks", [False, True])
def test_one_pass_of_a_picture_serves_all_questions(seeks):
    network = build(replace(TINY, seeks=seeks))
    pictures, asked = inputs(network, 4)
    answers, looked = map(keras.ops.convert_to_numpy, network([pictures, asked]))
    assert answers.shape == (2, 4, TINY.network.answers) and looked.shape == (2, 4, 2, 8, 8)
    np.testing.assert_allclose(answers.sum(axis=-1), 1, atol=1e-5)
    for row in range(2):
        for number in range(4):
            alone = network([pictures[[row]], asked[[row], number : number + 1]])[0]
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(alone)[0, 0], answers[row, number], atol=1e-5
            )
    seen_once = network.get_layer("conv_1").output.shape[0], network.get_layer("seen").output.shape
    assert seen_once[1][1:] == (8, 8, TINY.network.filters[-1])


def test_sought_places_may_lie_between_cells():
    maps = np.zeros((1, 4, 4, 2), np.float32)
    said = np.zeros((1, 4, 4, 3), np.float32)
    said[0, 1, 2, 0] = 50
    said[0, 1, 2, 1] = np.arctanh(0.5)
    away, there = map(keras.ops.convert_to_numpy, Seek()([maps, said]))
    np.testing.assert_allclose(there[0, 2:], [1 / 3 + 0.25, -1 / 3], atol=1e-5)
    np.testing.assert_allclose(away[0, 1, 2], 0, atol=2e-3)
    np.testing.assert_allclose(away[..., 2], np.linalg.norm(away[..., :2], axis=-1), atol=2e-3)


def test_a_block_that_changes_nothing_looked_everywhere_alike():
    maps = keras.ops.convert_to_numpy(Looked()([np.ones((1, 3, 3, 4), np.float32)]))
    assert np.isfinite(maps).all()


def test_training_lowers_the_loss_of_a_handful_of_samples():
    network = build(replace(TINY, seeks=True))
    pictures, asked = inputs(network, 4)
    answers = np.random.default_rng(1).integers(0, 5, (2, 4))
    trainee = keras.Model(network.inputs, network.outputs[0])
    trainee.compile(
        keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False
    )
    losses = [float(trainee.train_on_batch([pictures, asked], answers)) for _ in range(60)]
    assert losses[-1] < 0.2 * losses[0]
