"""The builder: shapes, lengths, padding."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.nets.layers import DropWords
from mmdemo.core.weights.configuration import replace
from mmdemo.demos.author_profile.config import BOOK, DEFAULT, POSTS, TINY, Head
from mmdemo.demos.author_profile.model import build, minimum_length

SMALL_STACK = replace(
    BOOK, words=30, vector=4, hidden=4, stack=(((3, 5),), ((3, 5), (3, 5)), ((3, 5), (3, 5)))
)


def test_the_source_network_layer_by_layer():
    network = build(BOOK)
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv1D)]
    assert [(c.filters, c.kernel_size, c.padding) for c in convolutions] == [
        (128, (5,), "valid"),
        *[(256, (5,), "valid")] * 4,
    ]
    pools = [layer for layer in network.layers if isinstance(layer, keras.layers.MaxPooling1D)]
    assert [pool.pool_size for pool in pools] == [(5,), (5,)]
    # 256-wide vectors of so many words: the source passes Embedding the two the other way round.
    assert network.get_layer("vectors").embeddings.shape == (BOOK.input.words, 256)
    vectors = BOOK.input.words * 256
    conv = 5 * (256 * 128 + 128 * 256 + 3 * 256 * 256) + 128 + 4 * 256
    dense = 256 * 128 + 128 + 128 + 1 + 128 * 8 + 8 + 128 + 1
    assert network.count_params() == vectors + conv + dense


@pytest.mark.parametrize(
    "config", [TINY, DEFAULT, POSTS, BOOK], ids=["tiny", "def", "posts", "book"]
)
def test_one_output_per_head(config):
    shapes = [output.shape for output in build(config).outputs]
    assert shapes == [
        (None, len(head.classes) if head.kind == "softmax" else 1) for head in config.heads
    ]


def test_a_single_head_and_many():
    for heads in (TINY.heads[:1], TINY.heads * 2):
        assert len(build(replace(TINY, heads=heads)).outputs) == len(heads)


def test_a_head_of_no_known_kind():
    with pytest.raises(ValueError, match="not 'ranking'"):
        build(replace(TINY, heads=(Head("a", "ranking"),)))


def test_the_minimum_length_is_the_shortest_that_works():
    assert minimum_length(BOOK) == 269
    assert minimum_length(DEFAULT) == 1
    shortest = replace(SMALL_STACK, length=minimum_length(SMALL_STACK))
    network = build(shortest)
    outputs = network(np.ones((1, shortest.input.length), np.int32))
    assert all(np.isfinite(np.asarray(output)).all() for output in outputs)
    with pytest.raises(ValueError, match="pad the texts"):
        build(replace(SMALL_STACK, length=minimum_length(SMALL_STACK) - 1))


def test_padding_changes_nothing():
    network = build(replace(TINY, widths=(1, 2, 3)))
    rng = np.random.default_rng(0)
    words = rng.integers(1, TINY.input.words, (2, 9)).astype(np.int32)
    padded = np.pad(words, [(0, 0), (0, 5)])
    for short, long in zip(network(words), network(padded), strict=True):
        np.testing.assert_allclose(np.asarray(short), np.asarray(long), atol=1e-5)


def test_words_are_hidden_in_training_only():
    layer = DropWords(0.5)
    words = np.ones((4, 100), np.int32)
    assert np.asarray(layer(words)).all()
    hidden = np.asarray(layer(words, training=True)).mean()
    assert 0.3 < hidden < 0.7


def test_probabilities_are_probabilities():
    _, classes, binary = build(TINY)(np.random.default_rng(1).integers(0, 60, (3, 12)))
    np.testing.assert_allclose(np.asarray(classes).sum(axis=1), 1, atol=1e-5)
    assert ((np.asarray(binary) >= 0) & (np.asarray(binary) <= 1)).all()
