"""Fresh stories against oracles that read nothing but their sentences."""

from __future__ import annotations

import random
import re

import pytest

from mmdemo.demos.story_qa import DEMO, infer, people, relations, stories

COUNT = 150
every_task = pytest.mark.parametrize("task", stories.TASKS)


def told(task: str) -> list[stories.Story]:
    rng = random.Random(5)
    return [stories.tell(task, rng) for _ in range(COUNT)]


@every_task
def test_stories_are_fresh_and_complete(task):
    found = told(task)
    assert len({story.story for story in found}) > COUNT // 2
    for story in found:
        assert story.task == task
        assert 1 <= len(story.story) <= 80
        assert all(sentence.endswith(".") for sentence in story.story)
        assert story.question.endswith("?")
    assert told(task) == found


@every_task
@pytest.mark.parametrize("preset", ["default", "book"])
def test_the_networks_know_every_word_and_answer(task, preset):
    from mmdemo.core.weights import artifacts

    known = artifacts.read_json(artifacts.locate(DEMO.model_id(preset)), "preprocess.json")[
        "answers"
    ]
    for story in told(task):
        assert story.answer in known
        assert infer.unknown_words(" ".join((*story.story, story.question)), preset) == ()


def test_where_someone_is():
    for story in told("qa1"):
        person = re.match(r"Where is (\w+)\?", story.question)[1]
        last = [s for s in story.story if s.startswith(person)][-1]
        assert last.rstrip(".").split()[-1] == story.answer


def test_where_a_thing_is():
    for story in told("qa2"):
        thing = re.match(r"Where is the (\w+)\?", story.question)[1]
        at, holder, place = {}, None, None
        for sentence in story.story:
            person, *_, last = sentence.rstrip(".").split()
            if thing in sentence:
                holder = None if any(verb in sentence for verb in people.DROP) else person
                place = at[person]
            elif last in people.PLACES:
                at[person] = last
                place = last if holder == person else place
        assert place == story.answer


def test_how_many_things_someone_carries():
    for story in told("qa7"):
        person = re.search(r"is (\w+) carrying", story.question)[1]
        count = 0
        for sentence in story.story:
            if sentence.startswith(person) and any(thing in sentence for thing in people.THINGS):
                count += -1 if any(verb in sentence for verb in people.DROP) else 1
        assert people.NUMBERS[count] == story.answer


def test_what_someone_fears():
    singular = {"mice": "mouse", "cats": "cat", "sheep": "sheep", "wolves": "wolf"}
    for story in told("qa15"):
        name = re.match(r"What is (\w+) afraid of\?", story.question)[1].capitalize()
        text = " ".join(story.story)
        kind = re.search(rf"{name} is a (\w+)\.", text)[1]
        several = next(s for s, one in singular.items() if one == kind).capitalize()
        assert singular[re.search(rf"{several} are afraid of (\w+)\.", text)[1]] == story.answer


def test_which_color_someone_has():
    for story in told("qa16"):
        name = re.match(r"What color is (\w+)\?", story.question)[1]
        text = " ".join(story.story)
        kind = re.search(rf"{name} is a (\w+)\.", text)[1]
        others = [other for other in re.findall(rf"(\w+) is a {kind}\.", text) if other != name]
        colors = [re.search(rf"{other} is (?!a )(\w+)\.", text)[1] for other in others]
        assert colors == [story.answer]


def coordinates(relations: list[tuple[str, tuple[int, int], str]]) -> dict[str, tuple[int, int]]:
    """Place every thing from `(one, offset from the other, other)`, the first at the origin."""
    at = {relations[0][2]: (0, 0)}
    while len(at) < len({thing for one, _, other in relations for thing in (one, other)}):
        for one, (x, y), other in relations:
            if other in at:
                at.setdefault(one, (at[other][0] + x, at[other][1] + y))
            elif one in at:
                at[other] = (at[one][0] - x, at[one][1] - y)
    return at


def test_finding_a_way():
    for story in told("qa19"):
        found = [re.match(r"The (\w+) is (\w+) of the (\w+)\.", s).groups() for s in story.story]
        at = coordinates([(one, relations.COMPASS[side], other) for one, side, other in found])
        start, end = re.search(r"from the (\w+) to the (\w+)", story.question).groups()
        (x, y), steps = at[start], {name[0]: step for name, step in relations.COMPASS.items()}
        for letter in story.answer.split(","):
            x, y = x + steps[letter][0], y + steps[letter][1]
            assert (x, y) in at.values()
        assert (x, y) == at[end]


def test_positions():
    sides = "|".join(relations.SIDES)
    for story in told("qa17"):
        found = [re.match(rf"The (.+) is ({sides}) the (.+)\.", s).groups() for s in story.story]
        at = coordinates([(one, relations.SIDES[side], other) for one, side, other in found])
        one, side, other = re.match(rf"Is the (.+) ({sides}) the (.+)\?", story.question).groups()
        x, y = relations.SIDES[side]
        along = x * (at[one][0] - at[other][0]) + y * (at[one][1] - at[other][1])
        assert along != 0
        assert story.answer == ("yes" if along > 0 else "no")


def test_sizes():
    for story in told("qa18"):
        larger = set()
        for sentence in story.story:
            bigger = re.match(r"The (.+) is bigger than the (.+)\.", sentence)
            inside = re.match(r"The (.+) fits inside the (.+)\.", sentence)
            larger.add(bigger.groups() if bigger else inside.groups()[::-1])
        for _ in range(5):  # what is larger than something larger is larger
            larger |= {(a, d) for a, b in larger for c, d in larger if b == c}
        asked = re.match(r"Is the (.+) bigger than the (.+)\?", story.question)
        if asked:
            large, small = asked.groups()
        else:
            small, large = re.match(r"Does the (.+) fit in the (.+)\?", story.question).groups()
        assert ((large, small) in larger) != ((small, large) in larger)
        assert story.answer == ("yes" if (large, small) in larger else "no")
