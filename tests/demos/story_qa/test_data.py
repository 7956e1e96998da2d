from __future__ import annotations

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.story_qa import data
from mmdemo.demos.story_qa.config import BOOK, TINY

STORY = """\
1 Mary went to the garden.
2 John took the milk.
3 Where is Mary? \tgarden\t1
4 Mary moved to the office.
5 Where is Mary?\tOffice\t4
1 John moved to the hallway.
2 What is John carrying?\tapple,milk\t1
"""


def test_parse(generated):
    found = data.parse(generated.file("x_train.txt", STORY))
    assert [q.number for q in found] == [0, 0, 1]
    assert found[0].story == ("Mary went to the garden", "John took the milk")
    assert found[1].story[-1] == "Mary moved to the office"
    assert [q.question for q in found] == [
        "Where is Mary",
        "Where is Mary",
        "What is John carrying",
    ]
    assert [q.answer for q in found] == ["garden", "office", "apple,milk"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mary went home.\n", "line 1: expected a number"),
        ("2 Mary went home.\n", "has number 1"),
        ("1 Mary went home.\n2 Where?\t \n", "line 2: a question, a tab and its answer"),
        ("1 Mary went home.\n", "holds no question"),
        ("", "empty"),
        (b"\x00\x01\x02", "not a text file"),
        ("一 二三\n", "expected a number"),
    ],
)
def test_parse_says_what_is_wrong(generated, text, message):
    with pytest.raises(UserError, match=message):
        data.parse(generated.file("x_train.txt", text))


def test_own_data(own_data):
    both, where = data.own(own_data)
    assert (both.name, where.name) == ("both", "where")
    assert len(where.test) == 10
    assert len(where.train) + len(where.validation) == 40
    assert len(both.test) == 8
    assert len(both.train) + len(both.validation) == 32
    for task in (both, where):
        last = max(q.number for q in task.train)
        assert all(q.number > last for q in task.validation)


@pytest.mark.parametrize("what", ["nothing", "few", "file"])
def test_own_data_says_what_is_wrong(tmp_path, what):
    if what == "few":
        (tmp_path / "x_train.txt").write_text(STORY)
    folder = tmp_path / "x" if what == "file" else tmp_path
    with pytest.raises(UserError, match=r"not a folder|NAME_train\.txt|2 stories"):
        data.own(folder)


def test_unseen_questions(generated):
    known = data.parse(generated.file("x_train.txt", STORY))
    other = [data.Question(0, ("Mary went to the garden",), "Where is Mary", "garden")]
    task = data.Task("x", known[:2], known[2:], [*known, *other])
    assert task.test_unseen.tolist() == [False, False, False, True]


def test_examples_hold_the_words(generated):
    questions = data.parse(generated.file("x_train.txt", STORY))
    task = data.Task("x", questions, [], [])
    tokenizer, answers = data.vocabulary([task])
    assert answers == ["apple,milk", "garden", "office"]
    packed = data.examples(questions, tokenizer, answers, TINY)
    story, asked = packed.batch([0, 1], TINY)
    assert story.shape == (2, 3, TINY.input.sentence_words)
    assert asked.shape == (2, TINY.input.sentence_words)
    words = [tokenizer.word(i) for i in story[0, 0] if i]
    assert words == ["mary", "went", "to", "the", "garden"]
    assert not story[0, 2].any()  # the shorter story is padded after its end
    last, _ = packed.batch([1], TINY, limit=1)
    np.testing.assert_array_equal(last[0, 0], story[1, 2])
    flat, _ = packed.batch([0, 1], BOOK)
    assert [tokenizer.word(i) for i in flat[0] if i] == [*words, "john", "took", "the", "milk"]
    assert data.examples(
        [data.Question(0, ("x",), "y", "unheard")], tokenizer, answers, TINY
    ).answers.tolist() == [-1]


def test_tasks_of_fresh_stories_are_split(told_tasks):
    tasks = told_tasks(20)
    assert len(tasks) == 20
    assert all(t.train and t.validation and t.test for t in tasks)


@pytest.mark.parametrize("kind", ["1k", "10k"])
def test_official(needs_data, kind):
    needs_data("babi")
    tasks = data.official(kind)
    assert [t.name for t in tasks] == [f"qa{n}" for n in range(1, 21)]
    assert all(len(t.test) == 1000 for t in tasks)
    sizes = [len(t.train) + len(t.validation) for t in tasks]
    assert sum(sizes) == (20_000 if kind == "1k" else 191_000)
    assert data.substituted(kind) == ([] if kind == "1k" else ["qa3"])
    if kind == "1k":
        assert {t.name: int((~t.test_unseen).sum()) for t in tasks}["qa4"] > 100
