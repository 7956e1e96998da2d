"""core.nets.familiar: which texts are of the language that a vocabulary was counted on."""

from __future__ import annotations

import pytest

from mmdemo.core.nets import familiar
from mmdemo.core.nets.words import Tokenizer

ENGLISH = ["the dog ran to the house"] * 40 + ["the house and a dog"] * 30 + ["a cat sat"] * 20


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(ENGLISH, size=50)


@pytest.fixture(scope="module")
def stored(tokenizer) -> dict[str, float]:
    return familiar.fit(tokenizer, ["the cat ran", "a dog sat", "the dog and the house", "a cat"])


def test_unknown_words_are_strange_and_the_more_the_surer(tokenizer, stored):
    def strangeness(text: str) -> float:
        return familiar.strangeness(tokenizer, text, stored)

    assert strangeness("the dog sat") < stored["limit"]
    assert strangeness("der hund lief") > stored["limit"]
    assert strangeness("der hund lief in sein haus") > strangeness("der hund lief")
    assert strangeness("the hund lief") < strangeness("der hund lief")


def test_letters_of_a_script_without_blanks_count_one_by_one(tokenizer, stored):
    assert familiar.strangeness(tokenizer, "这部电影很好", stored) == pytest.approx(
        familiar.strangeness(tokenizer, "q w e r t z", stored)
    )


def test_what_says_nothing_is_not_strange(tokenizer, stored):
    assert familiar.strangeness(tokenizer, "10/10 :-)", stored) == 0
    assert not familiar.is_strange(tokenizer, "der hund lief in sein haus", None)
