"""The questions that the networks learn, as words, and what each is about. No Keras here.

Those on one shape are easy-VQA's 107. Those on six objects are Sort-of-CLEVR's (Santoro et al.
2017, "A simple neural network module for relational reasoning"), there in bits, here in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .scenes import COLOURS, SHAPES

LENGTH = 10
"""Words of the longest question."""
PAD = 0

THERE, SHAPE, COLOUR = "there", "shape", "colour"
LEFT, TOP, NEAREST, FARTHEST, COUNT = "left", "top", "nearest", "farthest", "count"
RELATIONAL = (NEAREST, FARTHEST, COUNT)
"""Kinds of question that need other objects than the one that is named."""


@dataclass(frozen=True)
class About:
    """What a question is about.

    Attributes:
        kind: `there`, `shape` or `colour`; of six objects `shape`, `left`, `top`, `nearest`,
            `farthest` or `count`.
        thing: a colour or a shape that it names; empty where it names none.
        negated: whether "yes" says that there is none.
    """

    kind: str
    thing: str = ""
    negated: bool = False


_THERE = (
    ("is there a {}?", False),
    ("is there a {} in the image?", False),
    ("does the image contain a {}?", False),
    ("is a {} present?", False),
    ("is there not a {}?", True),
    ("is there not a {} in the image?", True),
    ("does the image not contain a {}?", True),
    ("is no {} present?", True),
)
_ANY_SHAPE = ("what shape is in the image?", "what shape is present?")
_COLOUR = ("what color is the {}?", "what is the color of the {}?")
_RELATIONS = {
    SHAPE: "what shape is the {} object?",
    LEFT: "is the {} object on the left?",
    TOP: "is the {} object at the top?",
    NEAREST: "what shape is nearest to the {} object?",
    FARTHEST: "what shape is farthest from the {} object?",
    COUNT: "how many objects have the shape of the {} object?",
}


def _shapes() -> dict[str, About]:
    shapes, colours = SHAPES["shapes"], COLOURS["shapes"]
    known: dict[str, About] = {}
    for pattern, negated in _THERE:
        known |= {pattern.format(shape): About(THERE, shape, negated) for shape in shapes}
        known |= {pattern.format(f"{each} shape"): About(THERE, each, negated) for each in colours}
    for pattern in _COLOUR:
        known |= {pattern.format(shape): About(COLOUR, shape) for shape in shapes}
        known[pattern.format("shape")] = About(COLOUR)
    known |= {text: About(SHAPE) for text in (*_ANY_SHAPE, "what shape does the image contain?")}
    known |= {f"what is the {each} shape?": About(SHAPE, each) for each in colours}
    return known


KNOWN: dict[str, dict[str, About]] = {
    "shapes": _shapes(),
    "relations": {
        pattern.format(colour): About(kind, colour)
        for kind, pattern in _RELATIONS.items()
        for colour in COLOURS["relations"]
    },
}
"""All questions of a task by their text; of those that ask the same, the first is the plainest."""
ANSWERS: dict[str, tuple[str, ...]] = {
    "shapes": ("yes", "no", *SHAPES["shapes"], *COLOURS["shapes"]),
    "relations": ("yes", "no", *SHAPES["relations"], "1", "2", "3", "4", "5", "6"),
}


def split(question: str) -> list[str]:
    """The words of a question that is known."""
    return question.removesuffix("?").split()


WORDS: dict[str, tuple[str, ...]] = {
    task: tuple(sorted({word for question in known for word in split(question)}))
    for task, known in KNOWN.items()
}
"""By their numbers, which begin at 1."""


def asking(about: About, task: str) -> str:
    """The plainest of the known questions that ask this.

    Raises:
        StopIteration: there is none.
    """
    return next(text for text, known in KNOWN[task].items() if known == about)


def numbers(questions: Sequence[str], task: str) -> np.ndarray:
    """Known questions as the networks read them: int32 `(n, LENGTH)`, zeros before the words.

    Raises:
        KeyError: a word that the networks of the task do not know.
    """
    known = {word: number for number, word in enumerate(WORDS[task], start=1)}
    rows = np.full((len(questions), LENGTH), PAD, np.int32)
    for row, question in zip(rows, questions, strict=True):
        read = [known[word] for word in split(question)]
        row[-len(read) :] = read
    return rows
