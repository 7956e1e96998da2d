"""Hashed sequences of words: buckets, gaps, and what a regression is fitted on."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from mmdemo.core.nets.ngrams import NgramWeights, features, hashes


def test_features_and_layer_count_the_same_sequences():
    rng = np.random.default_rng(0)
    tables = [NgramWeights(1, 50, units=3), NgramWeights(2, 31, units=3)]
    rows = [rng.integers(1, 50, length).astype("int32") for length in (1, 5, 9)]
    padded = np.zeros((3, 12), "int32")
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    total = 0
    for table in tables:
        table.build(padded.shape)
        table.set_weights([rng.normal(size=(table.buckets, 3))])
        total = total + np.asarray(table(padded))
    weights = np.concatenate([table.get_weights()[0] for table in tables])
    np.testing.assert_allclose(features(rows, tables) @ weights, total, atol=1e-5)


def test_a_text_of_one_word_has_no_pair():
    found = features([np.array([7])], [NgramWeights(1, 10), NgramWeights(2, 10)])
    assert found.shape == (1, 20)
    assert found.indices.tolist() == [7]


@pytest.mark.parametrize("order", [2, 3])
def test_order_of_the_words_matters(order):
    words = np.arange(1, 41, dtype="int32")[None]
    there, back = (np.asarray(hashes(each, order, 1_000_003)) for each in (words, words[:, ::-1]))
    assert not set(there[0, : 41 - order]) & set(back[0, : 41 - order])


def test_units_are_stored(tmp_path):
    words = keras.Input((None,), dtype="int32")
    network = keras.Model(words, NgramWeights(2, 20, units=4)(words))
    network.set_weights([np.random.default_rng(0).normal(size=(20, 4))])
    network.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    row = np.array([[3, 4, 5, 0]], "int32")
    np.testing.assert_allclose(again(row), network(row), atol=1e-6)
