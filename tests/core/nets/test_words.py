"""core.nets.words: words and numbers, there and back, left out in turn, and as vectors."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError, WeightsError
from mmdemo.core.nets import words as text
from mmdemo.core.nets.words import PAD, UNKNOWN, Tokenizer

TEXTS = ("The film isn't bad, the film is good!", "A good film: 10/10.", "naïve ﬁlm — the end")


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS, size=50)


def test_words_stand_by_falling_frequency(tokenizer):
    assert tokenizer.word(2) == "film"
    assert tokenizer.word(3) == "the"
    words = [word for written in TEXTS for word in tokenizer.split(written)]
    assert [words.count(tokenizer.word(number)) for number in (2, 3)] == [4, 3]
    assert tokenizer.number("film") == 2
    assert tokenizer.number("horse") == UNKNOWN


def test_words_signs_apostrophes_and_letter_forms(tokenizer):
    assert tokenizer.split("It’s NAÏVE, isn't it?!") == [
        *("it's", "naïve", ",", "isn't", "it", "?", "!")
    ]


def test_spans_point_into_the_text_as_it_was_written(tokenizer):
    written = "  The ﬁlm 😀 isn’t\n\nBAD שלום 电影"
    encoded = tokenizer.encode(written)
    words = [written[start:end] for start, end in encoded.spans]
    assert words == ["The", "ﬁlm", "😀", "isn’t", "BAD", "שלום", "电影"]
    assert encoded.unknown.tolist() == [False, False, True, False, False, True, True]
    assert encoded.ids.dtype == np.int32


def test_names_of_special_entries_are_ordinary_text(tokenizer):
    """A visitor who writes [PAD] does not write number 0."""
    ids = tokenizer.encode("[PAD] [UNK]").ids
    assert PAD not in ids
    assert len(ids) == 6


def test_a_stored_tokeniser_is_the_same(tokenizer, tmp_path):
    (tmp_path / text.FILE).write_text(tokenizer.to_json(), encoding="utf-8")
    loaded = Tokenizer.load(tmp_path)
    assert len(loaded) == len(tokenizer)
    for written in (*TEXTS, "entirely new words, 😀"):
        assert loaded.encode(written).ids.tolist() == tokenizer.encode(written).ids.tolist()
    assert Tokenizer.load(tmp_path) is loaded
    assert '"film": 2' in tokenizer.to_json()


def test_a_missing_or_damaged_vocabulary_is_named(tmp_path):
    with pytest.raises(WeightsError, match="missing"):
        Tokenizer.load(tmp_path)
    (tmp_path / text.FILE).write_text("{")
    with pytest.raises(WeightsError, match="damaged"):
        Tokenizer.load(tmp_path)


def test_size_and_rare_words():
    assert len(Tokenizer.train(TEXTS, size=5)) == 5
    assert Tokenizer.train(TEXTS, size=50, min_count=2).number("naïve") == UNKNOWN


def test_many_texts_at_once_are_the_same(tokenizer):
    for one, many in zip(TEXTS, tokenizer.ids(TEXTS), strict=True):
        assert tokenizer.encode(one).ids.tolist() == many.tolist()


def test_padding():
    rows = [np.array([5, 6, 7], np.int32), np.array([8], np.int32), np.array([], np.int32)]
    assert text.pad(rows).tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    assert text.pad(rows, 2).tolist() == [[5, 6], [8, 0], [0, 0]]
    assert text.pad(rows, 2, keep="last").tolist() == [[6, 7], [8, 0], [0, 0]]
    assert text.pad(rows, before=True).tolist() == [[5, 6, 7], [0, 0, 8], [0, 0, 0]]
    assert text.pad([np.array([], np.int32)]).shape == (1, 1)


def test_only_the_last_words_are_read(tokenizer):
    written = "a good film and a horse, a horse"
    encoded = tokenizer.encode(written)
    last = encoded.last(3)
    assert [written[start:end] for start, end in last.spans] == [",", "a", "horse"]
    assert last.ids.tolist() == encoded.ids[-3:].tolist()
    assert len(encoded.last(100)) == len(encoded)


def test_unknown_words_are_named_once_as_they_are_written(tokenizer):
    assert tokenizer.encode("A Horse, a good Horse and a zebra").unknown_words[0] == "Horse"
    assert tokenizer.encode("A Horse, a good Horse").unknown_words.count("Horse") == 1


def test_what_was_written_is_stripped_and_nothing_refused(tokenizer):
    assert tokenizer.read("  a good film\n", "a review").text == "a good film"
    with pytest.raises(UserError, match="Write a review first"):
        tokenizer.read(" ", "a review")


def test_each_group_of_words_is_made_a_gap_in_turn():
    row = np.array([1, 20, 300, 4000])
    sizes = []

    def total(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        return rows.sum(axis=1)

    groups = [[0], [3], [1, 2]]
    assert text.without_each(row, groups, total, batch=2).tolist() == [4320, 321, 4001]
    assert sizes == [2, 1]
    assert row.tolist() == [1, 20, 300, 4000]


def test_words_with_the_same_company_have_near_vectors():
    rng = np.random.default_rng(0)
    texts = []
    for _ in range(400):
        animal, food = rng.choice(["cat", "dog"]), rng.choice(["bread", "cheese"])
        texts += [f"the {animal} barks and purrs loudly", f"we bake and slice the {food} today"]
    tokenizer = Tokenizer.train(texts, 50)
    vectors = text.word_vectors(tokenizer.ids(texts), len(tokenizer), 6, seed=0)
    of = {word: vectors[tokenizer.number(word)] for word in ("cat", "dog", "bread", "cheese")}
    assert of["cat"] @ of["dog"] > 0.9 > of["cat"] @ of["bread"] + 0.3
    assert of["bread"] @ of["cheese"] > 0.9
    assert not vectors[0].any()
