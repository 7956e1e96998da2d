"""Pictures with questions: easy-VQA, Sort-of-CLEVR, scenes of another painter. No Keras here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing

from . import questions, scenes
from .questions import ANSWERS, KNOWN, RELATIONAL
from .scenes import COLOURS, SIDES, Thing
from .truths import truth

TEST_SEED = 9_800
"""Of Sort-of-CLEVR's test pictures; those to learn from have others."""
ASKED = 10
"""Questions of each sort of a picture: those that need other objects, and those that do not."""


@dataclass(frozen=True)
class Asked:
    """Pictures and questions about them.

    Attributes:
        pictures: uint8 `(pictures, side, side, 3)`.
        rows: which picture each question is about, `(n,)`.
        questions: in known words.
        answers: numbers in `questions.ANSWERS`, `(n,)`.
    """

    pictures: np.ndarray
    rows: np.ndarray
    questions: tuple[str, ...]
    answers: np.ndarray


@lru_cache(maxsize=2)
def easy(split: str) -> Asked:
    """easy-VQA's `train` or `test` part: 4,000 or 1,000 pictures, in their order.

    Raises:
        DataMissing: the set is not in the data folder, or damaged.
    """
    folder = datasets.path("easy_vqa") / split
    known = {answer: number for number, answer in enumerate(ANSWERS["shapes"])}
    try:
        stored = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
        texts, answers, rows = zip(*stored, strict=True)
        pictures = [_opened(folder / "images" / f"{row}.png") for row in range(max(rows) + 1)]
        numbers = np.array([known[answer] for answer in answers])
    except (OSError, ValueError, KeyError) as error:
        raise DataMissing(f"{folder} is damaged ({error}). Get easy_vqa again.") from error
    return Asked(np.stack(pictures), np.array(rows), texts, numbers)


def related(pictures: int, seed: int, asked: int = ASKED) -> Asked:
    """Sort-of-CLEVR: so many new pictures, with `asked` questions of each sort.

    Santoro et al. 2017. Which of a sort's 18 questions are asked is drawn, none twice.
    """
    rng = np.random.default_rng([seed, pictures])
    made = [scenes.six(rng) for _ in range(pictures)]
    drawn = np.stack([scenes.draw(things, "relations") for things in made])
    return put(drawn, made, "relations", rng, asked)


def put(
    pictures: np.ndarray,
    made: Sequence[tuple[Thing, ...]],
    task: str,
    rng: np.random.Generator,
    asked: int,
) -> Asked:
    """Questions about scenes: `asked` of each sort that have an answer there, none twice.

    Args:
        pictures: uint8 `(n, side, side, 3)`.
        made: what is in them.
        task: whose questions.
        rng: of which.
        asked: of those of six objects that need others, and of those that do not; of one shape, of
            those that "yes" or "no" answers, and of the others.
    """
    answers = {answer: number for number, answer in enumerate(ANSWERS[task])}
    sorts: tuple[list[str], list[str]] = ([], [])
    for text, about in KNOWN[task].items():
        sorts[about.kind in (*RELATIONAL, questions.THERE)].append(text)
    rows, texts, said = [], [], []
    for row, things in enumerate(made):
        for sort in sorts:
            told = {text: truth(things, text, task) for text in sort}
            open_ = [text for text, answer in told.items() if answer]
            for number in rng.permutation(len(open_))[:asked]:
                rows.append(row)
                texts.append(open_[number])
                said.append(answers[told[open_[number]]])
    return Asked(pictures, np.array(rows), tuple(texts), np.array(said))


# === Elsewhere: other sizes, tints and grounds than those of the data ===


def strange_shapes(pictures: int, seed: int) -> tuple[np.ndarray, list[tuple[Thing, ...]]]:
    """One shape each as another painter has it, uint8 `(n, 64, 64, 3)`, and what is there.

    Colours differ by up to 30 of 255, grounds are darker and run from one colour into another,
    rectangles are flatter or higher, and sizes go beyond those of easy-VQA.
    """
    rng = np.random.default_rng(seed)
    made: list[tuple[Thing, ...]] = []
    drawn = []
    for _ in range(pictures):
        made.append(scenes.one(rng, 0.08, 0.36))
        drawn.append(_strange(made[-1], "shapes", rng))
    return np.stack(drawn), made


def strange_relations(pictures: int, seed: int) -> tuple[np.ndarray, list[tuple[Thing, ...]]]:
    """Three to five objects each, larger or smaller, on tinted grounds, with smooth edges."""
    rng = np.random.default_rng(seed)
    made, drawn = [], []
    for _ in range(pictures):
        colours = rng.permutation(list(COLOURS["relations"]))[: rng.integers(3, 6)]
        made.append(scenes.six(rng, [str(each) for each in colours], rng.uniform(4, 7) / 75))
        drawn.append(_strange(made[-1], "relations", rng))
    return np.stack(drawn), made


def _strange(things: tuple[Thing, ...], task: str, rng: np.random.Generator) -> np.ndarray:
    side = SIDES[task] * scenes.FINE
    spread = 30 if task == "shapes" else 12  # orange is near yellow
    colours = {
        name: tuple(np.clip(np.add(rgb, rng.integers(-spread, spread + 1, 3)), 0, 255).tolist())
        for name, rgb in COLOURS[task].items()
    }
    least = 200 if task == "shapes" else 235
    left, right = rng.integers(least, 256, (2, 3))
    across = np.linspace(0, 1, side)[None, :, None]
    ground = np.repeat((1 - across) * left + across * right, side, axis=0)
    return scenes.paint(
        things, SIDES[task], colours, ground.astype(np.uint8), flat=float(rng.uniform(0.5, 1.6))
    )


def _opened(path: object) -> np.ndarray:
    with Image.open(str(path)) as image:
        return np.asarray(image.convert("RGB"))
