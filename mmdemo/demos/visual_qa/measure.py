"""How often answers are right, and what can be said without looking. No Keras here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.report import Result, results_of

from . import free, infer, questions, wording
from .data import Asked
from .questions import ANSWERS, KNOWN, RELATIONAL
from .scenes import SHAPES

Answerer = Callable[[Asked], np.ndarray]
"""Pictures with questions to the answers' numbers, `(n,)`."""
Shares = dict[str, list[list[object]]]
"""To each question, its answers with their shares, the commonest first."""

EASY_KINDS = {
    questions.THERE: "accuracy_there",
    questions.SHAPE: "accuracy_shape",
    questions.COLOUR: "accuracy_colour",
}
OF_SIX = {kind: f"accuracy_{kind}" for kind in RELATIONAL}

PUBLISHED = {
    "published:rn": {"accuracy_relational": 0.94},
    "published:rn_again": {"accuracy_relational": 0.89, "accuracy_plain": 0.99},
}
"""Santoro et al. 2017 ("above 94 %"); the re-implementation of K. Kim."""


def figures(said: np.ndarray, asked: Asked, task: str) -> dict[str, float]:
    """Shares of right answers by metric: of all questions, and of those of a kind."""
    right = said == asked.answers
    kinds = np.array([KNOWN[task][question].kind for question in asked.questions])
    if task == "shapes":
        found = {"accuracy": float(right.mean())}
        return found | {
            name: float(right[kinds == kind].mean()) for kind, name in EASY_KINDS.items()
        }
    needs = np.isin(kinds, RELATIONAL)
    found = {
        "accuracy_relational": float(right[needs].mean()),
        "accuracy_plain": float(right[~needs].mean()),
    }
    return found | {name: float(right[kinds == kind].mean()) for kind, name in OF_SIX.items()}


# === Without looking ===


def shares(known: Asked, task: str) -> Shares:
    """What the answers to each question were, where a network learnt."""
    return {
        question: [
            [ANSWERS[task][answer], round(count / sum(told.values()), 4)]
            for answer, count in told.most_common()
        ]
        for question, told in sorted(_answered(known).items())
    }


def from_question(known: Asked) -> Answerer:
    """The commonest answer to the same question in training."""
    best = {question: told.most_common(1)[0][0] for question, told in _answered(known).items()}
    return lambda asked: np.array([best[question] for question in asked.questions])


def _answered(known: Asked) -> dict[str, Counter[int]]:
    """How often each answer was right to each question."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for question, answer in zip(known.questions, known.answers, strict=True):
        counts[question][int(answer)] += 1
    return counts


def majority(known: Asked) -> Answerer:
    """The commonest answer of all, whatever is asked."""
    answer = int(np.bincount(known.answers).argmax())
    return lambda asked: np.full(len(asked.questions), answer)


def shuffled(read: Answerer, seed: int) -> Answerer:
    """The same network, shown the picture of another one's questions."""

    def answer(asked: Asked) -> np.ndarray:
        order = np.roll(np.random.default_rng(seed).permutation(len(asked.pictures)), 1)
        return read(Asked(asked.pictures[order], asked.rows, asked.questions, asked.answers))

    return answer


def in_free_words(read: Answerer, task: str, seed: int) -> Answerer:
    """The same network, asked in free words, which the front takes to known ones.

    What the front refuses counts as wrong.
    """

    def answer(asked: Asked) -> np.ndarray:
        rng = np.random.default_rng(seed)
        taken = [_taken(free.worded(text, task, rng), task) for text in asked.questions]
        plain = tuple(new or old for new, old in zip(taken, asked.questions, strict=True))
        said = read(Asked(asked.pictures, asked.rows, plain, asked.answers))
        return np.where([new is None for new in taken], -1, said)

    return answer


def _taken(text: str, task: str) -> str | None:
    try:
        return wording.understand(text, task).question
    except UserError:
        return None


# === What stands beside each other in the tables ===


def at_home(
    preset: str, read: Answerer, known: Asked, test: Asked, seed: int
) -> dict[str, np.ndarray]:
    """Answers to a test part by method: a network's, with pictures shuffled, and without looking.

    Args:
        preset: of the network.
        read: the network.
        known: what it learnt from.
        test: to be answered.
        seed: of the shuffling.
    """
    return {
        preset: read(test),
        f"{preset}_shuffled": shuffled(read, seed)(test),
        "question": from_question(known)(test),
        "majority": majority(known)(test),
    }


def elsewhere(
    preset: str, read: Answerer, known: Asked, strange: Asked, task: str, seed: int
) -> dict[str, np.ndarray]:
    """Answers to questions about scenes from elsewhere by method; see `at_home`."""
    return {
        preset: in_free_words(read, task, seed)(strange),
        f"{preset}_known_words": read(strange),
        "question": from_question(known)(strange),
    }


def results(
    task: str, of: str, said: Mapping[str, np.ndarray], asked: Asked, split: str
) -> list[Result]:
    """Rows of a table.

    Args:
        task: what the table is about.
        of: the task whose questions were asked.
        said: answers by method.
        asked: the questions.
        split: whose they are.
    """
    rows = {name: figures(each, asked, of) for name, each in said.items()}
    return results_of(task, rows, split, len(asked.answers))


# === Whatever only adds ===


def added(known: Asked, contents: np.ndarray, test: Asked, test_contents: np.ndarray) -> np.ndarray:
    """The answers of one who knows what is in each picture, but only adds that to the question.

    A softmax on the question beside the picture says of each answer how much the question speaks
    for it, plus how much the picture does. Whether there is a red shape cannot be said so: the
    picture would have to speak for "yes" in one question and for "no" in the next.

    Args:
        known: to learn from.
        contents: what is in its pictures, one number for each kind of scene, `(pictures,)`.
        test, test_contents: the same to be answered.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    def table(asked: Asked, inside: np.ndarray) -> np.ndarray:
        return np.stack([np.array(asked.questions, object), inside[asked.rows]], axis=1)

    coded = OneHotEncoder(handle_unknown="ignore").fit(table(known, contents))
    fitted = LogisticRegression(max_iter=300, C=10.0)
    fitted.fit(coded.transform(table(known, contents)), known.answers)
    return np.asarray(fitted.predict(coded.transform(table(test, test_contents))))


def contents(asked: Asked) -> np.ndarray:
    """What is in each picture of one shape, as its answers tell it: a number, `(pictures,)`.

    Shape and colour that no answer tells count as one more shape and one more colour.
    """
    shape = np.full(len(asked.pictures), -1)
    colour = np.full(len(asked.pictures), -1)
    names = ANSWERS["shapes"]
    of = {answer: number for number, answer in enumerate(names)}
    for row, question, answer in zip(asked.rows, asked.questions, asked.answers, strict=True):
        about = KNOWN["shapes"][question]
        told = names[answer]
        if about.kind == questions.SHAPE:
            shape[row] = answer
        elif about.kind == questions.COLOUR:
            colour[row] = answer
        if about.kind != questions.THERE:
            facts = [about.thing] if about.thing else []
        else:
            facts = [about.thing] if (told == "yes") != about.negated else []
        for fact in facts:
            number = of[fact]
            (shape if fact in SHAPES["shapes"] else colour)[row] = number
    return shape * 100 + colour


# === Scenes told from photos ===


def told(pictures: np.ndarray, task: str) -> float:
    """The share of pictures that are said to be no scene."""
    return float(np.mean([infer.warning(picture, task) != "" for picture in pictures]))
