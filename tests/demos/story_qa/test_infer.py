"""With the weights that are shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmdemo.core.errors import UserError
from mmdemo.demos.story_qa import examples, infer, stories

PRESETS = pytest.mark.parametrize("preset", ["default", "book"])
GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
STORY = "Mary took the milk there.\nMary went to the garden.\nJohn moved to the office."


@PRESETS
@pytest.mark.parametrize("number", range(len(examples.EXAMPLES)))
def test_golden_probabilities(preset, number):
    example = examples.EXAMPLES[number]
    found = infer.answer(example.story, example.question, preset)
    answer, probabilities = GOLDEN[preset][number]
    assert found.answer == answer
    np.testing.assert_allclose([c.probability for c in found.candidates], probabilities, atol=1e-3)


def test_default_answers_the_examples():
    right = ("garden", "n,e", "yes", "office")
    for example, expected in zip(examples.EXAMPLES, right, strict=True):
        assert infer.answer(example.story, example.question).answer == expected


@pytest.mark.parametrize("task", stories.TASKS)
def test_default_answers_fresh_stories(task):
    """Most of them, whatever the story-teller drew."""
    told = [infer.fresh(task, seed) for seed in range(10)]
    right = [infer.answer("\n".join(t.story), t.question).answer == t.answer for t in told]
    assert sum(right) >= 5


@PRESETS
def test_an_answer_is_complete(preset):
    found = infer.answer(STORY, "Where is the milk?", preset)
    assert found.sentences == (
        "Mary took the milk there",
        "Mary went to the garden",
        "John moved to the office",
    )
    probabilities = [c.probability for c in found.candidates]
    assert len(probabilities) == infer.TOP
    assert probabilities == sorted(probabilities, reverse=True)
    assert found.candidates[0].answer == found.answer
    assert found.probability == probabilities[0]
    assert len(found.influence) == 3
    if preset == "default":
        assert np.shape(found.attention) == (5, 3)
    else:
        assert found.attention == ()
    assert found.unknown == ()
    assert found.note == ""
    assert json.loads(json.dumps(found.to_dict()))["answer"] == found.answer


@PRESETS
def test_influence_is_the_answer_without_the_sentence(preset):
    lines = STORY.splitlines()
    whole = infer.answer(STORY, "Where is the milk?", preset)
    for index in range(3):
        rest = "\n".join(lines[:index] + lines[index + 1 :])
        part = infer.answer(rest, "Where is the milk?", preset)
        less = {c.answer: c.probability for c in part.candidates}.get(whole.answer)
        if less is not None:
            assert whole.influence[index] == pytest.approx(whole.probability - less, abs=1e-4)


@PRESETS
def test_form_does_not_count(preset):
    """Capitals, full stops, line numbers and line breaks."""
    plain = infer.answer(STORY, "Where is the milk?", preset)
    for story in (
        STORY.upper(),
        STORY.replace(".", ""),
        STORY.replace("\n", "  "),
        "1 " + STORY.replace("\nMary", "\r\n\r\n2 Mary").replace("\nJohn", "\n3 John"),
    ):
        found = infer.answer(story, " where is  the MILK ", preset)
        assert found.probability == pytest.approx(plain.probability, abs=1e-6)
    noted = infer.answer(STORY + "\nWhere is John?\toffice", "Where is the milk?", preset)
    assert noted.probability == pytest.approx(plain.probability, abs=1e-6)
    assert "One line of the story with a question" in noted.note


def test_unknown_words_are_named_once():
    found = infer.answer("Émile met Mary 😀.\nMary went to the garden 7.", "Where is Mary, émile?")
    assert found.unknown == ("Émile", "met", "émile")
    assert infer.unknown_words("ordinateur 12 !") == ("ordinateur",)


@PRESETS
@pytest.mark.parametrize(
    ("story", "question", "message"),
    [
        ("", "Where is Mary?", "Write a story"),
        (" \n\t", "Where is Mary?", "Write a story"),
        (STORY, "", "Write a question"),
        (STORY, None, "Write a question"),
        ("Where is Mary?", "Where is Mary?", "Write a story first"),
        ("😀 🚀", "Where is Mary?", "knows no word of this story"),
        ("玛丽去了花园。", "Where is Mary?", "knows no word of this story"),
        (STORY, "أين ماري؟", "knows no word of this question"),
        ("Mary went to the garden. " * 90_000, "Where is Mary?", "too long"),
        ("Mary went.\n" * 300, "Where is Mary?", "300 sentences"),
    ],
)
def test_bad_input_gets_a_plain_sentence(preset, story, question, message):
    with pytest.raises(UserError, match=message):
        infer.answer(story, question, preset)


def test_long_stories_are_read_and_cuts_are_named():
    story = "Mary went to the garden.\n" + "John moved to the office.\n" * 240
    found = infer.answer(story, "Where is Mary?")
    assert found.influence == ()
    assert np.shape(found.attention) == (5, 241)
    assert found.note == ""
    book = infer.answer(story, "Where is Mary?", "book")
    assert "last" in book.note
    wordy = infer.answer("Mary went " + "to " * 20 + "the garden.", "Where is Mary?")
    assert "longer than 12 words" in wordy.note


def test_unknown_names():
    with pytest.raises(UserError, match="No preset is called 'x'"):
        infer.answer(STORY, "Where is Mary?", "x")
    with pytest.raises(UserError, match="no task"):
        infer.fresh("qa21")


def test_spoken():
    assert infer.spoken("n,e") == "north, then east"
    assert infer.spoken("apple,milk") == "apple, milk"
    assert infer.spoken("garden") == "garden"


def test_predict(generated):
    text = "1 Mary went to the garden.\n2 Where is Mary?\tgarden\t1\n3 Mary moved to the office.\n"
    text += "4 Where is Mary?\tkitchen\t3\n1 John went to the hallway.\n2 Where is John?\n"
    found = infer.predict([generated.file("story.txt", text)])
    assert [a["answer"] for a in found["answers"]] == ["garden", "office", "hallway"]
    assert [a.get("right") for a in found["answers"]] == [True, False, None]
    for content, message in (("Mary went.", "no question"), ("Where is Mary?", "Write a story")):
        with pytest.raises(UserError, match=message):
            infer.predict([generated.file("bad.txt", content)])


def test_the_command_line_and_the_page_need_no_keras():
    code = (
        "import sys; from mmdemo.demos.story_qa import infer; infer.unknown_words('x y');"
        "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow', 'torch', 'gradio')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
