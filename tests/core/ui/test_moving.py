"""core.ui.moving: what a browser may ask for, and what a struck word does."""

from __future__ import annotations

import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.ui import moving
from mmdemo.demos.sentiment import infer

TEXT = "What a wonderful cast, and a boring end."


@pytest.mark.parametrize("wish", [None, "", "[", "[]", "{}", '{"text": 1}'])
def test_a_wish_of_another_form_is_refused(wish):
    with pytest.raises(UserError, match="cannot be struck out"):
        moving._wish(wish)


def test_places_are_whole_numbers():
    with pytest.raises(UserError, match="cannot be struck out"):
        moving._wish('{"text": "a", "preset": "default", "struck": [true], "number": 1}')


def test_one_struck_word_moves_the_verdict_by_its_push():
    explanation = infer.explain(TEXT)
    for place, word in enumerate(explanation.words):
        lacking = infer.without(TEXT, [place])
        moved = explanation.verdict.logit - lacking.logit
        assert moved == pytest.approx(word.push, abs=1e-4)
    assert infer.without(TEXT, []).logit == pytest.approx(explanation.verdict.logit, abs=1e-4)


@pytest.mark.parametrize(
    ("struck", "said"),
    [(range(10), "All words are struck out"), ([10], "has 10 words"), ([-1], "has 10 words")],
)
def test_what_cannot_be_struck_out_is_said(struck, said):
    with pytest.raises(UserError, match=said):
        infer.without(TEXT, list(struck))
