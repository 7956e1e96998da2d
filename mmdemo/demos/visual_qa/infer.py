"""Questions about a picture: what it shows and what is asked in; the answers and their chances out.

Every function that runs a network raises `UserError` where there is no such preset, and
`WeightsError` where its weights are missing or corrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.media.image import open_image
from mmdemo.core.serve import runtime

from . import DEMO, wording
from .questions import ANSWERS, numbers
from .scenes import COLOURS, SIDES
from .wording import Understood

BEST = 5
"""Answers that are told of each question."""
BLIND = "blind"
"""In what is stored beside the weights: answers to each question in training, by their share."""
MOST = 64
"""Questions of one picture, at most."""
NEAR = 32
"""A pixel has a colour where each of its three values is no further from it than this, of 255."""
LIKE = 0.8
"""Share of pixels of a scene that have one of its few colours, at least."""


@dataclass(frozen=True)
class Answer:
    """What a network says of a picture that it was asked about.

    Attributes:
        asked: the question as the network was asked.
        answers: the most probable answers with their chances, the best first.
        blind: what one would say from the question alone: the share of each answer among those to
            this question in training, the commonest first.
        looked: float32 `(blocks, h, w)` from 0 to 1: where each block of FiLM changed its maps
            most; `(0, 0, 0)` of networks without them. See `layers.Looked`.
    """

    asked: Understood
    answers: tuple[tuple[str, float], ...]
    blind: tuple[tuple[str, float], ...]
    looked: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "question": self.asked.question,
            "unknown_words": list(self.asked.unknown),
            "answer": self.answers[0][0],
            "answers": _rounded(self.answers),
            "blind": _rounded(self.blind),
        }


def ask(
    picture: np.ndarray, question: str, task: str = "shapes", preset: str = "default"
) -> Answer:
    """Ask one question about a picture; see `ask_many`."""
    return ask_many(picture, [question], task, preset)[0]


def ask_many(
    picture: np.ndarray, questions: Sequence[str], task: str = "shapes", preset: str = "default"
) -> list[Answer]:
    """Ask several questions about a picture, which the network passes once.

    Args:
        picture: uint8 `(h, w, 3)`; of one that is not square, the middle.
        questions: in words of one's own, in English or Chinese.
        task: `shapes` or `relations`.
        preset: `default`, or `book` for shapes and `relation` for relations.

    Raises:
        UserError: no such picture, no question, too many, or one that is none of the task's.
    """
    model_id = DEMO.model_id(preset, task)
    seen = _seen(picture, model_id.task)
    if not 0 < len(questions) <= MOST:
        raise UserError(_("Ask 1 to {most} questions at a time.").format(most=MOST))
    asked = [wording.understand(question, model_id.task) for question in questions]
    loaded = runtime.model(model_id)
    rows = numbers([each.question for each in asked], model_id.task)
    said = loaded.call(seen[None].astype(np.float32) / 255, rows[None])
    chances, looked = said if isinstance(said, tuple) else (said, None)
    nothing = np.zeros((0, 0, 0), np.float32)
    return [
        Answer(
            each,
            _best(chances[0, row], model_id.task),
            tuple(map(tuple, loaded.preprocess[BLIND][each.question])),
            nothing if looked is None else looked[0, row],
        )
        for row, each in enumerate(asked)
    ]


def scene_like(picture: np.ndarray, task: str) -> float:
    """The share of a picture that has one of the colours of a scene, from 0 to 1.

    Those are the commonest colour of the picture, its ground, and the colours of the task's things.

    Args:
        picture: as `ask_many` takes it.
        task: `shapes` or `relations`.

    Raises:
        UserError: no such picture.
    """
    pixels = _seen(picture, task).reshape(-1, 3).astype(int)
    coarse, counts = np.unique(pixels // NEAR, axis=0, return_counts=True)
    ground = np.median(pixels[(pixels // NEAR == coarse[counts.argmax()]).all(axis=1)], axis=0)
    known = np.array([ground, *COLOURS[task].values()])
    away = np.abs(pixels[:, None] - known).max(axis=2).min(axis=1)
    return float((away <= NEAR).mean())


def warning(picture: np.ndarray, task: str) -> str:
    """That a picture is no scene of flat shapes, in a sentence; "" where it may be one.

    Raises:
        UserError: no such picture.
    """
    if scene_like(picture, task) >= LIKE:
        return ""
    return _(
        "This picture is no scene of flat shapes. The network was never shown anything else, so "
        "its answer means little."
    )


def warm() -> None:
    """Load the page's networks."""
    for model_id in DEMO.model_ids:
        runtime.model(model_id)


def predict(
    paths: list[Path], preset: str = "default", question: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The command line's answer: what is said of each picture, by its path.

    Args:
        paths: pictures.
        preset: of the network, with or without its task.
        question: what is asked of each; without any, what the page suggests.

    Raises:
        UserError: a picture cannot be read, which names the file, or a question is none.
    """
    model_id = DEMO.model_id(preset)
    asked = question or wording.suggestions(model_id.task)
    answers = {}
    for path in paths:
        with naming(path):
            picture = open_image(path)
            said = ask_many(picture, asked, model_id.task, model_id.preset)
            answers[str(path)] = {
                "warning": warning(picture, model_id.task),
                "answers": [each.to_dict() for each in said],
            }
    return answers


def _seen(picture: np.ndarray, task: str) -> np.ndarray:
    """A picture as networks see it, uint8 `(side, side, 3)`."""
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise UserError(_("A picture in 8 bits and three colours is needed."))
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = picture[top : top + short, left : left + short]
    side = SIDES[task]
    how = cv2.INTER_AREA if short > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (side, side), interpolation=how))


def _best(chances: np.ndarray, task: str) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-chances, kind="stable")[:BEST]
    return tuple((ANSWERS[task][number], float(chances[number])) for number in order)


def _rounded(said: Sequence[tuple[str, float]]) -> list[list[Any]]:
    return [[answer, round(share, 4)] for answer, share in said]
