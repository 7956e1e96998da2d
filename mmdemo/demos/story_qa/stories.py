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
from .words import KINDS


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


_TELLERS = (
    people.one_fact,
    people.two_facts,
    people.three_facts,
    relations.two_relations,
    people.giving,
    people.yes_no,
    people.counting,
    people.lists,
    people.negation,
    people.uncertain,
    people.pronouns,
    people.pairs,
    people.they,
    people.times,
    relations.deduction,
    relations.induction,
    relations.positions,
    relations.sizes,
    relations.finding_a_way,
    relations.motives,
)
TASKS = {
    f"qa{number}": Kind(title, teller)
    for number, (title, teller) in enumerate(zip(KINDS, _TELLERS, strict=True), start=1)
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
