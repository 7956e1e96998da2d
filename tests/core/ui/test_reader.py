"""core.ui.reader: what was not read, and what the colours of words say."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mmdemo.core.ui.reader import shaded_pushes, skipped_notice

TEXT = "a <good> film"
SPANS = [(0, 1), (3, 7), (9, 13)]


def shaded(pushes: list[float], least: float = 0.5, legend_unknown: bool = True) -> str:
    return shaded_pushes(
        TEXT,
        SPANS,
        np.array(pushes),
        np.array([True, False, False]),
        least=least,
        up="raise it",
        down="lower it: so much does it change",
        legend_unknown=legend_unknown,
    )


def test_what_was_not_read_is_said():
    assert skipped_notice(20, 0) == ""
    assert "Only the last 20 words were read: the first 1,234 do not count." in skipped_notice(
        20, 1234
    )


@pytest.mark.parametrize(
    ("pushes", "strengths"),
    [
        ([0.0, 1.0, -4.0], ["0", "25", "100"]),
        ([0.0, 0.1, -0.05], ["0", "20", "10"]),
        ([9.0, 1.0, -4.0], ["0", "25", "100"]),  # the unknown word has no colour, and sets no scale
    ],
)
def test_the_strongest_push_has_the_full_colour_unless_all_are_weak(pushes, strengths):
    words, _, legend = shaded(pushes).partition("</p>")
    assert re.findall(r"--strength:(\d+)%", words) == strengths
    assert f'title="{pushes[1]:+.2f}"' in words
    assert 'title="unknown"' in words
    assert words.count("mm-unknown") == 1
    assert "&lt;" in words
    plain = re.sub(r"<[^>]+>", "", legend)
    assert plain == (
        "blue words raise it, orange ones lower it: so much does it change when the word is taken "
        "out. Underlined words are unknown to the network, and have no colour."
    )


def test_the_legend_of_unknown_words_may_go():
    assert "Underlined" not in shaded([1.0, 0.0, 0.0], legend_unknown=False)
