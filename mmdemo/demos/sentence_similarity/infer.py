"""How alike two sentences are, and which of many is like a new one. No Keras at module level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import N_, _
from mmdemo.core.media.text import (
    check_text,
    is_table,
    read_table,
    read_text,
    split_lines,
    without_markup,
)
from mmdemo.core.nets.familiar import is_strange
from mmdemo.core.nets.words import Tokenizer, pad
from mmdemo.core.serve import runtime

from . import DEMO, data
from .config import Config

POINTS = 5
MAX_SENTENCE = 1_000
MAX_ROWS = 10_000
BATCH = 256
SHORTLIST = 50
"""Nearest sentences by their vectors that are then compared word by word."""
TEXT_COLUMNS = ("sentence", "question", "text")
WORDS = (
    (4.5, N_("They say the same")),
    (3.5, N_("They say nearly the same")),
    (2.5, N_("They have much in common")),
    (1.5, N_("They are about the same thing")),
    (0.5, N_("They have little in common")),
    (0.0, N_("They have nothing in common")),
)
"""From how many points on, and what that means, after the guide of the STS benchmark."""

Steps = Callable[[Sequence[list[int]]], Iterable[list[int]]]
"""Gives batches one by one, and may show how far the work has come."""


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
        strange: which of the two, `first` or `second`, are unlike all English that set the limit:
            see `core.nets.familiar`.
    """

    score: float
    reversed: float
    first: tuple[str, ...]
    second: tuple[str, ...]
    alignment: np.ndarray | None
    unknown: tuple[str, ...]
    strange: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The score in words, as it is written with one digit."""
        return next(words for least, words in WORDS if round(self.score, 1) >= least)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "score": self.score,
            "in_words": self.words,
            "score_reversed": self.reversed,
            "unknown": list(self.unknown),
            "strange": list(self.strange),
        }


@dataclass(frozen=True)
class Match:
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
        return asdict(self)


@dataclass(frozen=True)
class Collection:
    """Sentences with their vectors, read once: `vectors` is float32 `(sentences, code)`."""

    sentences: tuple[str, ...]
    vectors: np.ndarray


def warm() -> None:
    """Load the page's network."""
    compare("A dog runs.", "A dog is running.")


def compare(first: str, second: str, preset: str = "default") -> Pair:
    """How alike two sentences are.

    Raises:
        UserError: one of them holds no words or is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    first = check_text(without_markup(first or ""), N_("the first sentence"), MAX_SENTENCE)
    second = check_text(without_markup(second or ""), N_("the second sentence"), MAX_SENTENCE)
    rows = reader.numbers([first, second])
    scores, *others = reader.compare([first, second], [second, first])  # both orders at once
    one, two = (
        tuple(reader.tokenizer.split(text)[: len(row)])
        for text, row in zip((first, second), rows, strict=True)
    )
    numbered = zip((*one, *two), np.concatenate(rows), strict=True)
    unknown = [word for word, number in numbered if number >= reader.config.input.words]
    return Pair(
        score=POINTS * float(scores[0, 0]),
        reversed=POINTS * float(scores[1, 0]),
        first=one,
        second=two,
        alignment=others[-1][0, : len(one), : len(two)] if others else None,
        unknown=tuple(dict.fromkeys(unknown)),
        strange=tuple(
            side
            for side, text in (("first", first), ("second", second))
            if is_strange(reader.tokenizer, text, reader.loaded.preprocess.get("familiar"))
        ),
    )


def collect(sentences: Sequence[str], steps: Steps = iter) -> Collection:
    """Read many sentences once, to be searched.

    Sentences without words are left out, and so is what comes again.

    Raises:
        UserError: none is left, or there are too many.
    """
    if len(sentences) > MAX_ROWS:
        raise UserError(
            _("At most {limit:,} sentences, please: these are {count:,}.").format(
                limit=MAX_ROWS, count=len(sentences)
            )
        )
    reader = _Reader("default")
    kept = list(dict.fromkeys(sentence.strip()[:MAX_SENTENCE] for sentence in sentences))
    rows = reader.numbers(kept)
    full = [place for place, row in enumerate(rows) if len(row)]
    if not full:
        raise UserError(_("There is no sentence in this list."))
    order = sorted(full, key=lambda place: len(rows[place]))
    vectors = np.zeros((len(kept), reader.width), np.float32)
    for part in steps([order[i : i + 2 * BATCH] for i in range(0, len(order), 2 * BATCH)]):
        left, right = part[: (len(part) + 1) // 2], part[len(part) // 2 :]  # overlap by one if odd
        vectors[left], vectors[right] = reader.read(
            *([rows[p] for p in side] for side in (left, right))
        )
    return Collection(tuple(kept[place] for place in full), vectors[full])


def search(query: str, collection: Collection, top: int = 10) -> list[Match]:
    """The sentences of a collection that are most like a new one, the likest first.

    Raises:
        UserError: the query holds no words or is too long.
    """
    query = check_text(query, N_("a sentence to look for"), MAX_SENTENCE)
    reader = _Reader("default")
    row = reader.numbers([query])
    vector = reader.read(row, row)[0][0]
    cosines = collection.vectors @ vector
    nearest = np.argsort(-cosines)[: max(SHORTLIST, top)]
    near = [collection.sentences[place] for place in nearest]
    scores = POINTS * reader.compare([query] * len(near), near)[0][:, 0]
    return [
        Match(int(place), collection.sentences[place], float(score), float(cosines[place]))
        for score, place in sorted(zip(scores, nearest, strict=True), key=lambda pair: -pair[0])
    ][:top]


class _Reader:
    """A preset's network with its vocabulary."""

    def __init__(self, preset: str) -> None:
        self.loaded = runtime.model(DEMO.model_id(preset))
        self.tokenizer = Tokenizer.load(self.loaded.folder)
        self.config: Config = self.loaded.config

    @property
    def width(self) -> int:
        """Length of a sentence's vector."""
        return self.config.network.code * self.config.network.members

    def numbers(self, sentences: Sequence[str]) -> list[np.ndarray]:
        return data.numbers(self.tokenizer, sentences, self.config.input)

    def compare(self, first: Sequence[str], second: Sequence[str]) -> tuple[np.ndarray, ...]:
        """Scores, and the two sides' vectors and the alignment where the network has them."""
        outputs = self.loaded.call(*data.arrays(self.tokenizer, first, second, self.config))
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def read(
        self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of sentences, for which it does not matter how their words are spelt."""
        one, two = pad(first), pad(second)
        blank = np.zeros((len(one), one.shape[1], two.shape[1]), np.float32)
        _, *codes, _ = self.loaded.call(one, two, blank)
        return codes[0], codes[1]


# === Files ===


def read_sentences(path: Path) -> list[str]:
    """Sentences of a file: the lines of a text file, or a table's column.

    The column is `sentence`, `question` or `text`, or the only one.

    Raises:
        UserError: the file cannot be read, or it is not clear which column holds the sentences.
    """
    if is_table(path):
        return read_table(path, MAX_ROWS).first_column(TEXT_COLUMNS, _("sentences"))
    return [line.strip() for line in split_lines(read_text(path)) if line.strip()]


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """For the command line.

    One text file or table: `.csv` or `.tsv` with the columns `sentence1` and `sentence2`, or a text
    file with two sentences a line, a tab between them: a score for each pair.

    Raises:
        UserError: a file cannot be used; names it.
    """
    answers: dict[str, Any] = {}
    for path in paths:
        with naming(path):
            answers[str(path)] = [
                {"first": a, "second": b, **compare(a, b, preset).to_dict()}
                for a, b in _pairs(path)
            ]
    return answers


def _pairs(path: Path) -> list[tuple[str, str]]:
    if is_table(path):
        table = read_table(path, MAX_ROWS)
        return list(zip(table.column("sentence1"), table.column("sentence2"), strict=True))
    pairs = []
    for number, line in enumerate(split_lines(read_text(path)), start=1):
        if line.strip():
            first, tab, second = line.partition("\t")
            if not tab:
                raise UserError(
                    _("Line {number} does not hold two sentences with a tab between them.").format(
                        number=number
                    )
                )
            pairs.append((first, second))
    return pairs
