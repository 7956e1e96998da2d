"""A layer as a page shows it: whatever it makes, and whatever is asked."""

from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.core.nets.inside import Values
from mmdemo.core.ui import layer_views
from mmdemo.core.ui.inside import Wish, choice
from mmdemo.core.ui.sequence_views import _axes


def values(array, free=None, steps=None):
    array = np.asarray(array)
    return Values(array, array.shape, steps or (1,) * array.ndim, free or (False,) * array.ndim)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((), "mm-scalar"),
        ((1,), "mm-scalar"),
        ((300,), "the 64 strongest"),
        ((30, 8), "mm-plane"),
        ((1000, 20, 8), "Channels, 20 × 1000"),
        ((2, 1000, 5, 3), "The first of 2"),
        ((0, 4), "no numbers"),
        ((5, 6, 40), "The 24 strongest of 40"),
    ],
)
def test_every_shape_has_a_picture(shape, shown):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    html = layer_views.output(values(array), [None] * array.ndim, click=True)
    assert shown in html
    assert len(html) < 400_000


def test_numbers_that_are_not_finite_are_said():
    html = layer_views.output(values([1.0, np.nan, np.inf]), [None], click=False)
    assert "not finite" in html
    assert "nan" not in html


def test_a_sampled_output_says_so_and_is_not_clicked():
    part = Values(np.ones((4, 4, 3), np.float32), (4000, 4000, 3), (1000, 1000, 1), (True,) * 3)
    html = layer_views.output(part, [None] * 3, click=True)
    assert "183 MB" in html
    assert "data-map" not in html


def test_words_lie_along_the_axes_that_are_as_long_as_the_text():
    text, other = ["not", "bad", "<at>", "all"], ["fine", "then"]
    assert _axes(values(np.zeros((4, 7))), [text], False) == [text, None]
    assert _axes(values(np.zeros((2, 7))), [text], False)[0] == ["not bad <at>", "bad <at> all"]
    assert _axes(values(np.zeros(4)), [text], False) == [None]
    matrix = values(np.zeros((4, 2)), (True, True))
    assert _axes(matrix, [text, other], False) == [text, other]
    same = values(np.zeros((2, 2)), (True, True))
    assert _axes(same, [other, ["so", "so"]], False) == [other, ["so", "so"]]
    html = layer_views.output(matrix, [text, other], click=False)
    assert "&lt;at&gt;" in html
    assert "<at>" not in html


def test_words_behind_padding_are_shown():
    words = [""] * 200 + ["late", "words"]
    flat, square = np.arange(202.0), np.arange(404.0).reshape(2, 202)
    for html in (
        layer_views.output(values(flat), [words], click=False),
        layer_views.matrix(square, ["one", "two"], words, head=3),
    ):
        assert "late" in html and "words" in html
    assert 'data-place="3,1,201"' in html
    assert "data-place" not in layer_views.matrix(square, None, words)


@pytest.mark.parametrize(
    "text", ["x", "[]", '{"call": "a"}', '{"place": 3}', '{"row": -1}', "1e999"]
)
def test_what_no_page_sends_is_refused(text):
    with pytest.raises(UserError):
        Wish.parse(text)


def test_nothing_is_asked_for():
    assert Wish.parse(None) == Wish.parse("{}") == Wish()


def test_a_large_network_has_a_shallow_tree():
    rows = [
        {"name": f"backbone/stage{s}_block{b}_{part}", "type": "Conv2D"}
        for s in (1, 2)
        for b in (1, 2)
        for part in ("in", "mid", "out")
    ]
    html = choice(rows)
    assert html.count("<optgroup") == 4
    assert 'label="backbone stage1 block1"' in html
    assert "<select" not in choice(rows[:3])
