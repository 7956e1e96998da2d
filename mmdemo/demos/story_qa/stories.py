"""A story-teller for each of the 20 tasks: fresh stories whose answers are known.

Written from the description of the tasks in Weston et al. 2016, "Towards AI-complete question
answering", with the words that the networks know.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from . import people, relations


@dataclass(frozen=True)
class Story:
    """A story, one sentence each, with a question and its answer as the networks name it."""

    task: str
    story: tuple[str, ...]
    question: str
    answer: str


class Kind(NamedTuple):
    """A kind of story, and who tells one."""

    title: str
    teller: Callable[[random.Random], people.Told]


TASKS = {
    "qa1": Kind("One supporting fact", people.one_fact),
    "qa2": Kind("Two supporting facts", people.two_facts),
    "qa3": Kind("Three supporting facts", people.three_facts),
    "qa4": Kind("Relations of two things", relations.two_relations),
    "qa5": Kind("Who gave what to whom", people.giving),
    "qa6": Kind("Yes or no", people.yes_no),
    "qa7": Kind("Counting", people.counting),
    "qa8": Kind("Lists", people.lists),
    "qa9": Kind("Negation", people.negation),
    "qa10": Kind("Uncertain knowledge", people.uncertain),
    "qa11": Kind("He and she", people.pronouns),
    "qa12": Kind("Two at once", people.pairs),
    "qa13": Kind("They", people.they),
    "qa14": Kind("Times of day", people.times),
    "qa15": Kind("Deduction", relations.deduction),
    "qa16": Kind("Induction", relations.induction),
    "qa17": Kind("Above, below, left, right", relations.positions),
    "qa18": Kind("Sizes", relations.sizes),
    "qa19": Kind("Finding a way", relations.finding_a_way),
    "qa20": Kind("Motives", relations.motives),
}
"""The public tasks by their short names, in their order."""


def tell(task: str, rng: random.Random) -> Story:
    """A fresh story.

    Args:
        task: a key of `TASKS`.
        rng: source of every choice.
    """
    sentences, question, answer = TASKS[task].teller(rng)
    return Story(task, tuple(sentences), question, answer)
