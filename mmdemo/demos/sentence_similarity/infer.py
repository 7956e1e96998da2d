"""How alike two sentences are, and which of many is like a new one. No Keras at module level."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.decisions import check_preset as check_known
from mmdemo.core.media.text import check_text, read_table, read_text
from mmdemo.core.nets.words import Tokenizer, pad
from mmdemo.core.serve import runtime

from . import data
from .config import PRESETS, Config

SLUG = "sentence_similarity"
POINTS = 5
MAX_SENTENCE = 1_000
MAX_ROWS = 10_000
BATCH = 256
SHORTLIST = 50
"""Nearest sentences by their vectors that are then compared word by word."""
TEXT_COLUMNS = ("sentence", "question", "text")
WORDS = (
    (4.5, "They say the same"),
    (3.5, "They say nearly the same"),
    (2.5, "They have much in common"),
    (1.5, "They are about the same thing"),
    (0.5, "They have little in common"),
    (0.0, "They have nothing in common"),
)
"""From how many points on, and what that means, after the guide of the STS benchmark."""

Progress = Callable[[int, int], None]
"""Called with sentences done and sentences in all."""


@dataclass(frozen=True)
class Pair:
    """What a network makes of two sentences.

    Attributes:
        score: from 0, nothing in common, to 5, the same.
        reversed: the score with the sentences the other way round.
        first: words of the first sentence.
        second: words of the second.
        alignment: which word of the second stands for each of the first, rows of shares; None for
            a network that does not align.
        unknown: words that the vocabulary lacks.
    """

    score: float
    reversed: float
    first: tuple[str, ...]
    second: tuple[str, ...]
    alignment: np.ndarray | None
    unknown: tuple[str, ...]

    @property
    def words(self) -> str:
        """The score in words."""
        return next(words for least, words in WORDS if self.score >= least)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "score": self.score,
            "in_words": self.words,
            "score_reversed": self.reversed,
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True)
class Found:
    """A sentence of a list that is like the one asked for.

    Attributes:
        row: its place in the list, from 0.
        sentence: itself.
        score: from 0 to 5.
        cosine: of the two sentences' vectors.
    """

    row: int
    sentence: str
    score: float
    cosine: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "row": self.row,
            "sentence": self.sentence,
            "score": self.score,
            "cosine": self.cosine,
        }


@dataclass(frozen=True)
class Collection:
    """Sentences with their vectors, read once: `vectors` is float32 `(sentences, code)`."""

    sentences: tuple[str, ...]
    vectors: np.ndarray


def check_preset(preset: str) -> None:
    """Raise a UserError when there is no such preset."""
    check_known(preset, PRESETS)


def warm() -> None:
    """Load the page's network."""
    compare("A dog runs.", "A dog is running.", "default")


def compare(first: str, second: str, preset: str = "default") -> Pair:
    """How alike two sentences are.

    Raises:
        UserError: one of them holds no words or is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    first = check_text(first, "the first sentence", MAX_SENTENCE)
    second = check_text(second, "the second sentence", MAX_SENTENCE)
    rows = reader.numbers([first, second])
    made = reader.call(pad(rows), pad(rows[::-1]))  # both orders at once
    scores = POINTS * made[0][:, 0]
    words = [
        tuple(reader.tokenizer.split(text)[: len(row)])
        for text, row in zip((first, second), rows, strict=True)
    ]
    known = reader.config.words
    unknown = [
        word
        for sentence, row in zip(words, rows, strict=True)
        for word, number in zip(sentence, row, strict=True)
        if number >= known
    ]
    alignment = made[3][0, : len(rows[0]), : len(rows[1])] if len(made) > 1 else None
    return Pair(
        score=float(scores[0]),
        reversed=float(scores[1]),
        first=words[0],
        second=words[1],
        alignment=alignment,
        unknown=tuple(dict.fromkeys(unknown)),
    )


def collect(sentences: Sequence[str], progress: Progress | None = None) -> Collection:
    """Read many sentences once, to be searched.

    Sentences without words are left out, and so is what comes again.

    Raises:
        UserError: none is left, or there are too many.
    """
    if len(sentences) > MAX_ROWS:
        raise UserError(f"At most {MAX_ROWS:,} sentences, please: these are {len(sentences):,}.")
    reader = _Reader("default")
    kept = list(dict.fromkeys(sentence.strip()[:MAX_SENTENCE] for sentence in sentences))
    rows = reader.numbers(kept)
    full = [place for place, row in enumerate(rows) if len(row)]
    if not full:
        raise UserError("There is no sentence in this list.")
    order = sorted(full, key=lambda place: len(rows[place]))
    vectors = np.zeros((len(kept), reader.width), np.float32)
    for start in range(0, len(order), 2 * BATCH):
        part = order[start : start + 2 * BATCH]
        left, right = part[: (len(part) + 1) // 2], part[len(part) // 2 :]  # overlap by one if odd
        made = reader.call(pad([rows[p] for p in left]), pad([rows[p] for p in right]))
        vectors[left], vectors[right] = made[1], made[2]
        if progress is not None:
            progress(min(start + 2 * BATCH, len(order)), len(order))
    return Collection(tuple(kept[place] for place in full), vectors[full])


def search(query: str, collection: Collection, top: int = 10) -> list[Found]:
    """The sentences of a collection that are most like a new one, the likest first.

    Raises:
        UserError: the query holds no words or is too long.
    """
    query = check_text(query, "a sentence to look for", MAX_SENTENCE)
    reader = _Reader("default")
    row = reader.numbers([query])
    vector = reader.call(pad(row), pad(row))[1][0]
    cosines = collection.vectors @ vector
    nearest = np.argsort(-cosines)[: max(SHORTLIST, top)]
    near = reader.numbers([collection.sentences[place] for place in nearest])
    scores = POINTS * reader.call(pad(row * len(near)), pad(near))[0][:, 0]
    ranked = sorted(zip(scores, nearest, strict=True), key=lambda pair: -pair[0])[:top]
    return [
        Found(int(place), collection.sentences[place], float(score), float(cosines[place]))
        for score, place in ranked
    ]


class _Reader:
    """A preset's network with its vocabulary."""

    def __init__(self, preset: str) -> None:
        check_preset(preset)
        self.loaded = runtime.model(SLUG, preset)
        self.tokenizer = Tokenizer.load(self.loaded.folder)
        self.config = Config(**self.loaded.config)

    @property
    def width(self) -> int:
        """Length of a sentence's vector."""
        return self.config.code * self.config.members

    def numbers(self, sentences: Sequence[str]) -> list[np.ndarray]:
        return data.numbers(self.tokenizer, sentences, self.config)

    def call(self, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, ...]:
        made = self.loaded.call(first, second)
        return made if isinstance(made, tuple) else (made,)


# === Files ===


def read_sentences(path: Path) -> list[str]:
    """Sentences of a file: the lines of a text file, or a table's column.

    The column is `sentence`, `question` or `text`, or the only one.

    Raises:
        UserError: the file cannot be read, or it is not clear which column holds the sentences.
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".tab"):
        return [line.strip() for line in read_text(path).splitlines() if line.strip()]
    table = read_table(path, MAX_ROWS)
    names = {column.casefold(): column for column in table.columns}
    column = next((names[name] for name in TEXT_COLUMNS if name in names), None)
    if column is None and len(table.columns) == 1:
        column = table.columns[0]
    if column is None:
        known = ", ".join(table.columns)
        raise UserError(
            f"Which column holds the sentences? Call it 'sentence'. There are: {known}."
        )
    return table.column(column)


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """For the command line.

    One text file or table: `.csv` or `.tsv` with the columns `sentence1` and `sentence2`, or a text
    file with two sentences a line, a tab between them: a score for each pair.

    Raises:
        UserError: a file cannot be used; names it.
    """
    check_preset(preset)
    answers: dict[str, Any] = {}
    for path in paths:
        try:
            answers[str(path)] = [
                {"first": a, "second": b, **compare(a, b, preset).to_dict()}
                for a, b in _pairs(path)
            ]
        except UserError as error:
            raise type(error)(f"{path}: {error}") from error
    return answers


def _pairs(path: Path) -> list[tuple[str, str]]:
    if path.suffix.lower() in (".csv", ".tsv", ".tab"):
        table = read_table(path, MAX_ROWS)
        return list(zip(table.column("sentence1"), table.column("sentence2"), strict=True))
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.strip():
            first, tab, second = line.partition("\t")
            if not tab:
                raise UserError(
                    f"Line {number} does not hold two sentences with a tab between them."
                )
            pairs.append((first, second))
    return pairs
