"""How far words overlap, against plain arithmetic; and what decides whom to believe."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from mmdemo.core.nets.words import Tokenizer
from mmdemo.core.nets.words import pad as padded
from mmdemo.demos.sentence_similarity import data
from mmdemo.demos.sentence_similarity.config import Config, Input, Network
from mmdemo.demos.sentence_similarity.overlap import FEATURES, Blend, Overlap, Trust

SENTENCES = (
    "a dog bites the man",
    "the man bites a dog",
    "two cats sleep",
    "the cat did not sleep on the 2 mats",
    "nobody sleeps",
    "a man bites the dog , and the man runs",
)
TOKENIZER = Tokenizer.train(SENTENCES[:4], 50)
CONFIG = Config(Input(words=len(TOKENIZER), spare=60, length=12), Network(vector=6, aligned=True))
FACTS = data.facts(TOKENIZER, SENTENCES[:4], (), CONFIG.input)
VECTORS = np.random.default_rng(0).normal(size=(len(FACTS), 6)).astype("f4")


def overlap(first: list[str], second: list[str], wider: int = 0) -> np.ndarray:
    one, two, alike = data.arrays(TOKENIZER, first, second, CONFIG)
    one, two = (np.pad(side, [[0, 0], [0, wider]]) for side in (one, two))
    alike = np.pad(alike, [[0, 0], [0, wider], [0, wider]])
    looked_up = [table[side] for table in (FACTS, VECTORS) for side in (one, two)]
    return np.asarray(Overlap()([one, two, *looked_up, alike]))


PAIRS = [(a, b) for a in SENTENCES for b in SENTENCES]
FIRST, SECOND = (list(side) for side in zip(*PAIRS, strict=True))


def test_the_first_is_the_cosine_of_tfidf():
    words = [TOKENIZER.word(n) for n in range(2, len(TOKENIZER)) if TOKENIZER.word(n).isalnum()]
    weigh = TfidfVectorizer(
        tokenizer=TOKENIZER.split, token_pattern=None, vocabulary=words, norm=None, use_idf=False
    )
    known = SENTENCES[:4]  # without words that the vocabulary lacks
    counts = weigh.fit_transform(known).toarray()
    rows = counts * FACTS[[TOKENIZER.number(word) for word in words], 0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [(i, j) for i in range(4) for j in range(4)]
    made = overlap([known[i] for i, _ in pairs], [known[j] for _, j in pairs])
    np.testing.assert_allclose(made[:, 0], [rows[i] @ rows[j] for i, j in pairs], atol=1e-4)


def test_neither_order_nor_padding_matters():
    made = overlap(FIRST, SECOND)
    assert made.shape == (len(PAIRS), FEATURES)
    np.testing.assert_allclose(made, overlap(SECOND, FIRST), atol=1e-5)
    np.testing.assert_allclose(made, overlap(FIRST, SECOND, wider=3), atol=1e-5)
    np.testing.assert_allclose(made, np.vstack([overlap([a], [b]) for a, b in PAIRS]), atol=1e-5)


def test_a_sentence_overlaps_itself_wholly():
    made = overlap(list(SENTENCES), list(SENTENCES))
    cosines = [0, 1, 2, 3, 4, 7, 8, 12, 13, 14, 15, 16, 17, 18]
    np.testing.assert_allclose(made[:, cosines], 1, atol=1e-4)
    assert made[:, 10].max() == made[[0, 1, 2, 4], 11].max() == 0  # none denies alone


def test_denials_and_crossed_words_count():
    plain, turned, denied = overlap(
        ["a dog bites the man"] * 3,
        ["a dog bites the man", "the man bites a dog", "a dog bites not the man"],
    )
    assert plain[11] == 0
    # Of ten pairs of common words these stand the other way round: a-the, a-man, dog-the, dog-man,
    # bites-the, bites-man, a-bites and dog-bites.
    assert turned[11] == pytest.approx(0.8)
    assert turned[0] == pytest.approx(1, abs=1e-5)
    assert (plain[10], turned[10], denied[10]) == (0, 0, 1)


def test_spelling_is_likest_for_the_same_word():
    words = [["guitar", "guitars", "drum", "Ж", "x" * 300]]
    alike = data.spelling(words, words, (1, 5, 5))[0]
    assert np.diag(alike).tolist() == [1] * 5
    assert np.array_equal(alike, alike.T)
    assert alike[0, 2] < 0.2 < 0.7 < alike[0, 1] < 1
    cut = data.spelling(words, words, (1, 2, 7))[0]
    np.testing.assert_array_equal(cut[:, :5], alike[:2])
    assert not cut[:, 5:].any()


def test_facts_of_words():
    number = {word: TOKENIZER.number(word) for word in ("the", "cat", "not")}
    assert FACTS[0].tolist() == [0, 0, 0]
    assert FACTS[number["cat"], 0] > FACTS[number["the"], 0] > 0
    assert FACTS[-1].tolist() == pytest.approx([np.log(5), 0, 0])
    assert FACTS[number["the"], 1] == pytest.approx(3 / 13)  # in three of the sentences
    assert [FACTS[number[word], 2] for word in number] == [0, 0, 1]
    further = data.facts(TOKENIZER, SENTENCES[:4], ["The cat. The hat! The end?"], CONFIG.input)
    assert further[number["the"], 0] == pytest.approx(np.log(8 / 7))
    assert further[number["the"], 1] == FACTS[number["the"], 1]


def test_trust_falls_with_words_that_were_not_learnt():
    rows = [padded(data.numbers(TOKENIZER, [text], CONFIG.input)) for text in SENTENCES]
    own, unknown = (float(Trust()([FACTS[row], FACTS[row]])[0, 0]) for row in (rows[0], rows[4]))
    assert 0 < own < 1
    assert unknown == 0
    blend = np.asarray(Blend()([np.full((1, 1), 0.9), np.full((1, 1), 0.1), np.array([[unknown]])]))
    assert blend[0, 0] == pytest.approx(0.9)
