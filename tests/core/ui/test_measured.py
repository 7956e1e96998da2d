"""How good it is: a sentence first, tables below questions, and every word explained."""

from __future__ import annotations

import re
from html import unescape

import pytest

from mmdemo.catalog import find, trained
from mmdemo.core.measure import report
from mmdemo.core.ui import measured
from mmdemo.core.weights import artifacts

every_demo = pytest.mark.parametrize("demo", trained(), ids=lambda demo: demo.slug)


@every_demo
def test_every_metric_and_method_is_explained_and_every_question_is_asked(demo):
    drawn = unescape(measured.results(demo))
    glossary = drawn[drawn.index("What the words mean") :]
    results = artifacts.all_results(demo)
    for name in {result.metric for result in results}:
        metric = report.metric(name, demo)
        assert metric.meaning, f"{name} is not explained"
        assert glossary.count(f"<dt>{metric.label}</dt><dd>{metric.meaning}") == 1
    for name in {result.method for result in results}:
        method = measured.method(name, demo)
        assert method.meaning, f"{name} is not explained"
        assert f"<dt>{method.label}</dt><dd>{method.meaning}" in glossary
    tasks = {result.task for result in results}
    assert set(demo.questions) == tasks
    headings = re.findall("<h2>(.*?)</h2>", drawn)
    assert sorted(headings) == sorted(demo.questions.values()), "each question once"


@every_demo
def test_the_sentence_comes_first_and_its_table_alone_is_open(demo):
    drawn = unescape(measured.results(demo))
    assert drawn.startswith(f"<p class='mm-lead'>{artifacts.headline(demo)}.</p>")
    open_table = re.findall("<details class='mm-figures' open>.*?</details>", drawn)
    assert len(open_table) == 1
    result = next(
        r
        for r in artifacts.all_results(demo)
        if (r.task, r.metric, r.method) == (*demo.headline[:2], "default")
    )
    assert report.metric(result.metric, demo).format(result.value) in open_table[0]


def test_what_is_compared_and_what_is_from_elsewhere_stands_in_the_sentence():
    lead = measured.results(find("sentiment")).split("</p>")[1]
    results = artifacts.all_results(find("sentiment"))
    abroad = [r for r in results if r.foreign and (r.method, r.metric) == ("default", "accuracy")]
    assert len(abroad) == 2
    for result in abroad:
        assert f"{100 * result.value:.1f} % (" in lead
    book = next(
        r for r in results if (r.task, r.method, r.metric) == ("sentiment", "book", "accuracy")
    )
    assert f"BOOK {100 * book.value:.1f} %" in lead


def test_names_that_begin_in_small_letters_keep_them():
    drawn = measured.results(find("story_qa"))
    assert "<summary>bAbI v1.2, official test files, 1,000 questions per task" in drawn
