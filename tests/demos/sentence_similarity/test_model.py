"""Shapes, and what must not matter: order and padding."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.demos.sentence_similarity.config import BOOK, DEFAULT, TINY
from mmdemo.demos.sentence_similarity.model import Align, Nearest, Pool, build

RNG = np.random.default_rng(0)


def randomised(config) -> keras.Model:
    keras.utils.set_random_seed(1)
    network = build(config)
    for layer in network.layers:
        if layer.name == "facts":  # weights of words, and shares
            layer.set_weights([RNG.uniform(0, 1, w.shape) for w in layer.get_weights()])
        elif layer.name != "counter":  # a variance cannot be negative
            layer.set_weights([RNG.normal(0, 0.5, w.shape) for w in layer.get_weights()])
    return network


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    return randomised(TINY)


def ids(*shape: int) -> np.ndarray:
    return RNG.integers(1, TINY.input.words, shape).astype("int32")


def spelt(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Only a word and itself are alike."""
    return (a[:, :, None] == b[:, None, :]).astype("float32")


def asked(a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    return [a, b, spelt(a, b)]


def test_book_is_the_source_s_network():
    network = build(BOOK)
    vectors = (BOOK.input.words + BOOK.input.spare) * 128
    lstm = 4 * (128 * 32 + 32 * 32 + 32)
    assert network.count_params() == vectors + lstm + 64 + 1
    assert sum(isinstance(layer, keras.layers.LSTM) for layer in network.layers) == 1


def test_default_s_shapes(tiny):
    score, first, second, alignment = tiny(asked(ids(3, 5), ids(3, 7)))
    assert score.shape == (3, 1)
    assert first.shape == second.shape == (3, TINY.network.code * TINY.network.members)
    assert alignment.shape == (3, 5, 7)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.sum(alignment, axis=2), 1, atol=1e-5)


def test_default_cannot_tell_the_order(tiny):
    a, b = ids(20, 6), ids(20, 4)
    there, back = tiny(asked(a, b)), tiny(asked(b, a))
    np.testing.assert_allclose(there[0], back[0], atol=1e-6)
    np.testing.assert_allclose(there[1], back[2], atol=1e-6)


def test_book_can():
    network = randomised(BOOK)
    a, b = (RNG.integers(1, 900, (20, 6)).astype("int32") for _ in range(2))
    assert np.abs(network([a, b]) - network([b, a])).max() > 1e-3


@pytest.mark.parametrize("config", [TINY, BOOK], ids=["tiny", "book"])
def test_padding_changes_nothing(config):
    network = randomised(config)
    a, b = ids(4, 5), ids(4, 3)
    wide = np.pad(a, [[0, 0], [0, 4]]), np.pad(b, [[0, 0], [0, 9]])
    given = asked if config.network.aligned else lambda *words: list(words)
    plain, padded = network(given(a, b)), network(given(*wide))
    if config.network.aligned:
        np.testing.assert_allclose(plain[3], padded[3][:, :5, :3], atol=1e-5)
        plain, padded = plain[0], padded[0]
    np.testing.assert_allclose(plain, padded, atol=1e-5)


def test_a_vector_is_that_of_its_sentence_alone(tiny):
    a, b, c = ids(2, 5), ids(2, 6), ids(2, 7)
    np.testing.assert_allclose(tiny(asked(a, b))[1], tiny(asked(a, c))[1], atol=1e-6)


def test_no_words_at_all_give_a_number(tiny):
    blank = np.zeros((1, 4), "int32")
    for words in ((blank, ids(1, 3)), (ids(1, 3), blank), (blank, blank)):
        assert np.isfinite(tiny(asked(*words))[0]).all()


def test_how_words_are_spelt_decides_the_score_alone(tiny):
    a, b = ids(5, 6), ids(5, 4)
    seen, blank = tiny(asked(a, b)), tiny([a, b, np.zeros((5, 6, 4), "float32")])
    assert np.abs(seen[0] - blank[0]).max() > 1e-3
    for one, other in zip(seen[1:], blank[1:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_nearest_words_against_plain_arithmetic():
    a, b = RNG.normal(size=(1, 3, 4)).astype("f4"), RNG.normal(size=(1, 5, 4)).astype("f4")
    one, two = np.array([[1, 2, 0]]), np.array([[3, 4, 5, 0, 0]])
    to_a, to_b = Nearest()([a, b, one, two])
    unit = [x[0] / np.linalg.norm(x[0], axis=1, keepdims=True) for x in (a, b)]
    alike = unit[0][:2] @ unit[1][:3].T
    np.testing.assert_allclose(to_a[0, :, 0], [*alike.max(axis=1), 0], atol=1e-5)
    np.testing.assert_allclose(to_b[0, :, 0], [*alike.max(axis=0), 0, 0], atol=1e-5)


def test_a_word_aligns_with_itself():
    states = np.eye(4, dtype="f4")[None] * 5
    numbers = np.arange(1, 5)[None]
    *_, shares = Align()([states, states[:, ::-1], numbers, numbers[:, ::-1]])
    assert np.argmax(shares[0], axis=1).tolist() == [3, 2, 1, 0]


def test_pooling_sees_only_words():
    values = np.array([[[1.0, -2.0], [3.0, -4.0], [100.0, 100.0]]], "f4")
    made = Pool()([values, np.array([[7, 8, 0]])])
    np.testing.assert_allclose(made, [[2, -3, 3, -2]], atol=1e-6)


def test_default_is_small():
    assert build(DEFAULT).count_params() < 3_500_000
