from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.weights.configuration import replace
from mmdemo.demos.story_qa.config import BOOK, DEFAULT, TINY
from mmdemo.demos.story_qa.model import (
    Hops,
    NearestMatchAttention,
    SentenceEncoder,
    build,
)

TINY_BOOK = replace(BOOK, vocabulary=40, answers=12, sentence_words=8)


def story(sentences: int, seed: int = 0, batch: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    told = rng.integers(1, 40, (batch, sentences, TINY.input.sentence_words)).astype("int32")
    return told, rng.integers(1, 40, (batch, TINY.input.sentence_words)).astype("int32")


def test_default():
    network = build(DEFAULT)
    assert [tuple(i.shape) for i in network.inputs] == [(None, None, 12), (None, 12)]
    assert [tuple(o.shape) for o in network.outputs] == [(None, 60), (None, 5, None)]
    assert network.count_params() < 150_000


def test_book_is_the_tutorials_network():
    network = build(BOOK)
    sizes = {layer.name: layer.count_params() for layer in network.layers if layer.weights}
    assert sizes == {
        "story_words": 147 * 64,
        "question_words": 147 * 32,
        "read_story": 4 * 32 * (64 + 32 + 1),
        "read_question": 4 * 16 * (32 + 16 + 1),
        "answer": (32 + 16 + 1) * 60,
    }
    assert network.output_shape == (None, 60)


def test_a_sentence_is_the_sum_of_its_words_at_their_positions():
    layer = SentenceEncoder(40, 6)
    told, _ = story(3)
    told[0, 1, 4:] = 0
    found = keras.ops.convert_to_numpy(layer(told))
    words, positions = (keras.ops.convert_to_numpy(w) for w in layer.weights)
    expected = np.zeros_like(found)
    for b, s, w in np.ndindex(told.shape):
        if told[b, s, w]:
            expected[b, s] += words[told[b, s, w]] * positions[w]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_nearest_match_takes_its_part_first():
    """Against loops over the definition."""
    back, ahead, anywhere, width = 2, 1, 1, 4
    layer = NearestMatchAttention(back, ahead, anywhere, width)
    rng = np.random.default_rng(0)
    tokens = rng.normal(size=(2, 6, 8)).astype("float32")
    present = np.ones((2, 6), "float32")
    present[1, 2] = 0
    mixed, weights = map(keras.ops.convert_to_numpy, layer(tokens, present))
    assert mixed.shape == (2, 6, 8)

    def heads(dense: keras.layers.Dense) -> np.ndarray:
        return (tokens @ keras.ops.convert_to_numpy(dense.kernel)).reshape(2, 6, 4, width)

    query, key = heads(layer.query), heads(layer.key)
    bias = keras.ops.convert_to_numpy(layer.bias)[:, 0, 0]
    for b, h, t in np.ndindex(2, 4, 6):
        scores = key[b, :, h] @ query[b, t, h] / np.sqrt(width)
        expected = np.zeros(6)
        if h == 3:
            exps = np.exp(scores) * present[b]
            expected = exps / exps.sum()
        else:
            walk = range(t - 1, -1, -1) if h < back else range(t + 1, 6)
            left = 1.0
            for i in walk:
                if present[b, i]:
                    p = 1 / (1 + np.exp(-scores[i] - bias[h]))
                    expected[i] = left * p
                    left *= 1 - p
        np.testing.assert_allclose(weights[b, h, t], expected, atol=1e-5)


@pytest.mark.parametrize("config", [TINY, TINY_BOOK])
def test_padding_changes_nothing(config):
    network = build(config)
    told, asked = story(5)
    told[0, 1:, 5:] = 0
    if config.network == "lstm":
        told = told.reshape(2, -1)
        told = np.stack([np.pad(row[row > 0], (0, (row == 0).sum())) for row in told])
    plain = network([told, asked])
    wide = network([np.pad(told, [(0, 0), (0, 4), (0, 0)][: told.ndim]), asked])
    first = plain if config.network == "lstm" else plain[0]
    second = wide if config.network == "lstm" else wide[0]
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(first), keras.ops.convert_to_numpy(second), atol=1e-5
    )


def test_attention_is_a_share():
    told, asked = story(7)
    answers, attention = map(keras.ops.convert_to_numpy, build(TINY)([told, asked]))
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    assert attention.shape == (2, TINY.hops.hops, 7)
    assert (attention >= 0).all()
    assert (attention.sum(axis=-1) <= 1 + 1e-5).all()


def test_order_counts():
    network = build(TINY)
    told, asked = story(5)
    forwards, backwards = (
        keras.ops.convert_to_numpy(network([rows, asked])[0]) for rows in (told, told[:, ::-1])
    )
    assert np.abs(forwards - backwards).max() > 1e-4


@pytest.mark.parametrize("layer", [
    SentenceEncoder(40, 6),
    NearestMatchAttention(2, 1, 1, 4),
    Hops(2, 1, 1, 1, 4, 8, 0.1),
])  # fmt: skip
def test_layers_are_rebuilt_from_their_config(layer):
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_unknown_network():
    with pytest.raises(ValueError, match="hops or lstm"):
        build(replace(TINY, network="x"))
