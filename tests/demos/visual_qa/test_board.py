"""Scenes as the page keeps them, and answers as it shows them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.visual_qa import board, scenes
from mmdemo.demos.visual_qa.board import Asked
from mmdemo.demos.visual_qa.infer import Answer
from mmdemo.demos.visual_qa.wording import Understood

SHARES = (("circle", 0.9), ("square", 0.06), ("yes", 0.02), ("no", 0.01), ("1", 0.01))
BLIND = (("square", 0.52), ("circle", 0.48))
PICTURE = np.full((75, 75, 3), 255, np.uint8)


def found(unknown=(), changed=False, blocks=4) -> Answer:
    asked = Understood("what shape is the <red> object?", unknown, changed)
    return Answer(asked, SHARES, BLIND, np.ones((blocks, 8, 8), np.float32))


@pytest.mark.parametrize("task", ["shapes", "relations"])
def test_a_scene_comes_back_from_the_page(task):
    things = scenes.random_scene(task, 3)
    again = board.parse(board.written(things), task)
    assert [(one.shape, one.colour) for one in again] == [(one.shape, one.colour) for one in things]
    for one, other in zip(again, things, strict=True):
        assert np.allclose((one.x, one.y, one.size), (other.x, other.y, other.size), atol=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{}",
        "[[]]",
        "[1]",
        "[" * 900,
        '[["circle"]]',
        '[["circle","red",null,0.5,0.2]]',
        '[["circle","red",NaN,0.5,0.2]]',
        '[["circle","red",7,0.5,0.2]]',
        '[["star","red",0.5,0.5,0.2]]',
        '[["circle","plaid",0.5,0.5,0.2]]',
        f'[["circle","red",1{"0" * 400},0.5,0.2]]',
        json.dumps([["circle", "red", 0.5, 0.5, 0.2]] * 2),
        json.dumps([["circle", "red", 0.5, 0.5, 0.2]] * 100),
    ],
)
def test_what_no_page_sends_is_refused(text):
    with pytest.raises(UserError):
        board.parse(text, "shapes")


def test_the_stage_has_a_tool_for_every_shape_and_colour():
    html = board.stage("shapes", scenes.random_scene("shapes", 0))
    for name in scenes.SHAPES["shapes"]:
        assert f'data-shape="{name}"' in html
    for name in scenes.COLOURS["shapes"]:
        assert f'data-colour="{name}"' in html
    several = board.stage("relations", scenes.random_scene("relations", 0))
    assert "data-colour" not in several, "each of the six has a colour of its own"


def test_every_word_that_is_drawn_or_answered_can_be_translated():
    for task, colours in scenes.COLOURS.items():
        assert {*colours, *scenes.SHAPES[task]} <= set(board.WORDS)


@pytest.mark.parametrize(
    ("truth", "says"), [("circle", "mm-yes"), ("square", "mm-no"), ("", "mm-verdict  ")]
)
def test_an_answer_stands_beside_the_truth_and_the_blind_one(truth, says):
    html = board.answer(found(), PICTURE, truth)
    assert says in html
    assert "Blind, from the question alone: square, 52 %." in html
    assert html.count("<tr>") == 1 + len(SHARES)
    assert html.count("<figure>") == 5
    assert "Asked as" not in html


def test_bars_show_what_is_likely_either_way():
    blind = (("rectangle", 0.4), ("circle", 0.3), ("triangle", 0.3))
    answers = (("circle", 0.99), ("yes", 0.004), ("no", 0.003), ("red", 0.002), ("teal", 0.001))
    given = Answer(found().asked, answers, blind, np.zeros((0, 0, 0), np.float32))
    names = re.findall(r"scope='row'>(\w+)<", board.answer(given, PICTURE))
    assert names == ["circle", "rectangle", "triangle"]


def test_an_answer_says_what_was_asked_and_what_was_not_understood():
    html = board.answer(found(("zebra",), changed=True), PICTURE, warning="This is no scene.")
    assert "what shape is the &lt;red&gt; object?" in html
    assert "zebra" in html
    assert "This is no scene." in html
    assert "no record of where" in board.answer(found(blocks=0), PICTURE)


def test_rights_are_counted():
    rows = [
        Asked("one?", "yes", "yes", "yes", "no"),
        Asked("two?", "circle", "circle", "square", "square"),
        Asked("three?", "2", "3", "2", "3"),
    ]
    assert board.tally(rows) == (3, 2, 2, 0)
    html = board.compared(rows, PICTURE, PICTURE, (10, 9, 5, 4))
    for said in ("2 / 3", "0 / 3", "11 / 13", "7 / 13", "4 / 13"):
        assert said in html
