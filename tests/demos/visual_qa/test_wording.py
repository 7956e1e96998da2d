"""The front that takes a visitor's words to the network's: English, Chinese, errors, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core import language
from mmdemo.core.errors import UserError
from mmdemo.core.language import _
from mmdemo.demos.visual_qa import free, wording
from mmdemo.demos.visual_qa.questions import KNOWN, LENGTH, WORDS, asking, numbers
from mmdemo.demos.visual_qa.wording import understand

MANY = "how many objects have the shape of the"


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_known_questions_are_asked_as_they_are(task):
    for text, about in KNOWN[task].items():
        for typed in (text, text.upper(), f"  {text.rstrip('?')} ?"):
            understood = understand(typed, task)
            assert understood.question == text and not understood.changed
        assert KNOWN[task][asking(about, task)] == about
    assert {"shapes": 107, "relations": 36}[task] == len(KNOWN[task])


@pytest.mark.parametrize(
    ("task", "typed", "asked"),
    [
        ("shapes", "What's in the picture?", "what shape is in the image?"),
        ("shapes", "Which colour has the box", "what color is the rectangle?"),
        ("shapes", "isn't there any yellow in it?", "is there not a yellow shape?"),
        ("shapes", "A circle, is it there?", "is there a circle?"),
        ("shapes", "is it red or blue", "what color is the shape?"),
        ("shapes", "is the thing round or triangular?", "what shape is in the image?"),
        ("shapes", "any trianlge here?", "is there a triangle?"),
        ("shapes", "does it show a rectangel", "is there a rectangle?"),
        ("shapes", "is bleu presnt", "is there a blue shape?"),
        ("shapes", "Is the color red?", "is there a red shape?"),
        ("shapes", "what is the gren thing?", "what is the green shape?"),
        ("shapes", "图中有红色的图形吗？", "is there a red shape?"),
        ("shapes", "图里有没有三角形？", "is there a triangle?"),
        ("shapes", "没有蓝色吗", "is there not a blue shape?"),
        ("shapes", "长方形是什么颜色？", "what color is the rectangle?"),
        ("relations", "closest to the blue one?", "what shape is nearest to the blue object?"),
        ("relations", "farthst from teh bleu?", "what shape is farthest from the blue object?"),
        ("relations", "grey: how many alike?", f"{MANY} gray object?"),
        ("relations", "is red at the top", "is the red object at the top?"),
        ("relations", "离红色物体最近的是什么形状？", "what shape is nearest to the red object?"),
        ("relations", "橙色的物体在左边吗？", "is the orange object on the left?"),
        ("relations", "有几个物体和绿色的形状一样？", f"{MANY} green object?"),
    ],
)  # fmt: skip
def test_free_wording_is_taken_to_known_words(task, typed, asked):
    understood = understand(typed, task)
    assert understood.question == asked and understood.changed


def test_unknown_words_are_named():
    assert understand("Does this zebra see a disc, gadzooks?", "shapes").unknown == (
        "zebra",
        "gadzooks",
    )
    assert understand("what shape is the purple thing?", "shapes").unknown == ("purple",)
    assert understand("isn't red on the left?", "relations").unknown == ("not",)


@pytest.mark.parametrize(
    ("task", "typed", "why"),
    [
        ("shapes", "purple?", "does not know “purple”. Ask what shape"),
        ("shapes", "who are you", "Ask what shape"),
        ("shapes", "is there a red circle?", "never learnt to look for both"),
        ("shapes", "how many shapes are there?", "Ask what shape"),
        ("shapes", "  ", "Write your question first"),
        ("relations", "what is nearest?", "Name one object"),
        ("relations", "is red nearer than blue", "Name one object"),
        ("relations", "what colour is next to red?", "Name one object"),
        ("relations", "is green on the right?", "left and top alone"),
        ("relations", "how far is red", "Name one object"),
        ("relations", "离红色最近的是什么颜色？", "Name one object"),
    ],
)
def test_what_cannot_be_asked_is_refused(task, typed, why):
    with pytest.raises(UserError, match=why):
        understand(typed, task)


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_most_wordings_that_it_was_not_made_for_are_understood(task):
    rng = np.random.default_rng(0)
    right = []
    for text, about in KNOWN[task].items():
        try:
            understood = understand(free.worded(text, task, rng), task)
        except UserError:
            right.append(False)
        else:
            right.append(KNOWN[task][understood.question] == about)
    assert np.mean(right) > 0.75


@pytest.mark.parametrize("code", language.codes())
@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_suggestions_are_understood_in_every_language(task, code):
    offered = wording.suggestions(task)
    assert 6 <= len(offered) <= 8
    for text in offered:
        wanted = KNOWN[task][understand(text, task).question]
        with language.speaking(code):
            shown = _(text)
        understood = understand(shown, task)
        assert KNOWN[task][understood.question] == wanted and not understood.unknown, shown


def test_questions_are_read_from_their_last_word_on():
    rows = numbers(["is there a circle?"], "shapes")
    assert rows.shape == (1, LENGTH) and rows.dtype == np.int32
    assert [WORDS["shapes"][n - 1] for n in rows[0] if n] == ["is", "there", "a", "circle"]
    assert rows[0, -1] and not rows[0, 0]
