"""Shapes, parameter counts and what must not matter."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.nets import ngrams
from mmdemo.core.nets.layers import DropWords
from mmdemo.core.nets.ngrams import buckets_of, hashes, whole
from mmdemo.demos.sentiment.config import BOOK, DEFAULT, TINY
from mmdemo.demos.sentiment.model import build


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    keras.utils.set_random_seed(0)
    network = build(TINY)
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=w.shape) for w in network.get_weights()])
    return network


def test_book_is_the_source_s_network():
    network = build(BOOK)
    assert network.count_params() == 2_789_889
    assert network.input_shape == (None, 200)
    assert [type(layer).__name__ for layer in network.layers] == [
        *("InputLayer", "Embedding", "Dropout", "Conv1D", "GlobalMaxPooling1D"),
        *("Dense", "Dropout", "Dense"),
    ]
    assert network.get_layer(index=3).output.shape == (None, 198, 256)


def test_default_takes_any_length():
    network = build(DEFAULT)
    assert network.input_shape == (None, None)
    assert network.count_params() < 6_100_000
    for length in (1, 2, 7):
        assert network(np.ones((2, length), "int32")).shape == (2, 1)


def test_padding_changes_nothing(tiny):
    words = np.array([[5, 9, 3, 3, 8]], "int32")
    padded = np.pad(words, [[0, 0], [0, 6]])
    np.testing.assert_allclose(tiny(words), tiny(padded), atol=1e-5)


def test_order_matters(tiny):
    words = np.array([[5, 9, 3, 4, 8]], "int32")
    assert abs(float(tiny(words)[0, 0]) - float(tiny(words[:, ::-1])[0, 0])) > 1e-3


def test_a_gap_is_seen_by_no_window(tiny):
    """Without a word, what is left of the weights is that of the sequences that lack it."""
    sums = next(layer for layer in tiny.layers if layer.name == "ngrams")
    one, two = (sums.get_layer(f"weights_{n}") for n in (1, 2))
    words = np.array([[5, 9, 3, 4]], "int32")
    gap = np.array([[5, 0, 3, 4]], "int32")
    lost = one.table[9, 0] + sum(
        two.table[int(buckets_of(np.array(pair), 2, two.buckets)[0]), 0]
        for pair in ([5, 9], [9, 3])
    )
    assert float((sums(words) - sums(gap))[0, 0]) == pytest.approx(float(lost), abs=1e-5)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_hashes_are_those_of_plain_arithmetic(order):
    """The layers' 32-bit arithmetic never overflows: NumPy's 64 bits find the same buckets."""
    rng = np.random.default_rng(0)
    words = rng.integers(1, DEFAULT.input.words, (3, 40)).astype("int32")
    words[0, :20] = DEFAULT.input.words - 1
    found = np.asarray(hashes(words, order, DEFAULT.ngrams.buckets))
    for row, buckets in zip(words, found, strict=True):
        wanted = buckets_of(row, order, DEFAULT.ngrams.buckets)
        assert buckets[: len(wanted)].tolist() == wanted.tolist()


def test_vocabulary_fits_the_hash():
    assert DEFAULT.input.words <= ngrams.FACTOR
    assert (ngrams.FOLD - 1) * ngrams.FACTOR + DEFAULT.input.words < 2**31


def test_a_sequence_that_comes_again_does_not_count_again(tiny):
    sums = next(layer for layer in tiny.layers if layer.name == "ngrams")
    one = sums.get_layer("weights_1")
    words = np.array([[7, 7, 0, 9, 7, 9, 0]], "int32")
    assert float(one(words)[0, 0]) == pytest.approx(
        float(one.table[7, 0] + one.table[9, 0]), abs=1e-5
    )
    assert float(one(np.zeros((1, 3), "int32"))[0, 0]) == 0


def test_sequences_with_a_gap_do_not_count():
    words = np.array([[1, 2, 0, 3, 4, 5]], "int32")
    assert np.asarray(whole(words, 1)).tolist() == [[1, 1, 0, 1, 1, 1]]
    assert np.asarray(whole(words, 2)).tolist() == [[1, 0, 0, 1, 1, 0]]
    assert np.asarray(whole(words, 3)).tolist() == [[0, 0, 0, 1, 0, 0]]


def test_dropped_words_only_in_training():
    layer = DropWords(0.5)
    words = np.arange(1, 1001, dtype="int32")[None]
    assert np.array_equal(layer(words), words)
    dropped = np.asarray(layer(words, training=True))
    assert 400 < (dropped == 0).sum() < 600
    assert np.array_equal(dropped[dropped > 0], words[dropped > 0])


def test_save_and_load(tiny, tmp_path):
    path = tmp_path / "a.keras"
    tiny.save(path)
    words = np.array([[5, 9, 3, 4]], "int32")
    np.testing.assert_allclose(keras.saving.load_model(path)(words), tiny(words), atol=1e-6)
