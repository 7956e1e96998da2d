"""How positive a text is, and which of its words make it so. No Keras at module level."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from mmdemo.core.errors import UserError, naming
from mmdemo.core.language import _
from mmdemo.core.measure.calibration import calibrated
from mmdemo.core.media.text import (
    is_table,
    read_table,
    read_text,
    split_lines,
    without_markup,
)
from mmdemo.core.nets.familiar import is_strange
from mmdemo.core.nets.words import Encoded, Tokenizer, without_each
from mmdemo.core.serve import runtime

from . import DEMO, data
from .config import Config

BATCH = 64
TEXT_COLUMNS = ("text", "review", "sentence", "comment", "content")
MAX_ROWS = 20_000

Steps = Callable[[Sequence[np.ndarray]], Iterable[np.ndarray]]
"""Gives batches one by one, and may show how far the work has come."""


@dataclass(frozen=True)
class Verdict:
    """What a network makes of a text.

    Attributes:
        logit: log odds that the text is positive, calibrated on held-out reviews.
        words: how many words were read.
        unknown: which different words are not in the vocabulary.
        skipped: how many words at the start were not read, since the text is too long.
        strange: whether it is unlike all English that set the limit: see `core.nets.familiar`.
    """

    logit: float
    words: int
    unknown: tuple[str, ...]
    skipped: int
    strange: bool = False

    @property
    def positive(self) -> bool:
        return self.logit > 0

    @property
    def probability(self) -> float:
        """That the text is positive."""
        return float(expit(self.logit))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "positive": self.positive,
            "probability": self.probability,
            "words": self.words,
            "unknown": list(self.unknown),
            "skipped": self.skipped,
            "strange": self.strange,
        }


@dataclass(frozen=True)
class Push:
    """A part of the text, and what it adds to the logit: what is lost when it is taken out."""

    start: int
    end: int
    push: float
    unknown: bool = False


@dataclass(frozen=True)
class Explanation:
    """A verdict with the share of each word and sentence.

    Attributes:
        text: as it was given, without blanks around it; the pushes' places are in it.
        verdict: of the whole text.
        words: every word that was read.
        sentences: every sentence that was read, in the order of the text.
    """

    text: str
    verdict: Verdict
    words: tuple[Push, ...]
    sentences: tuple[Push, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""

        def parts(pushes: Sequence[Push]) -> list[dict[str, Any]]:
            return [
                {"text": self.text[p.start : p.end], "start": p.start, "end": p.end, "push": p.push}
                for p in pushes
            ]

        return {
            **self.verdict.to_dict(),
            "word_pushes": parts(self.words),
            "sentence_pushes": parts(self.sentences),
        }


def warm() -> None:
    """Load the page's network."""
    score("Good.")


def score(text: str, preset: str = "default") -> Verdict:
    """How positive a text is.

    Raises:
        UserError: it holds no words, is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    encoded = reader.encode(text)
    row = reader.row(encoded)[None]
    return reader.verdict(encoded, reader.logits(row, np.count_nonzero(row))[0])


def score_many(texts: Sequence[str], preset: str = "default", steps: Steps = iter) -> np.ndarray:
    """Probability that each text is positive, `(texts,)`; a text without words gets NaN.

    Raises:
        UserError: the preset is unknown.
    """
    reader = _Reader(preset)
    rows = reader.tokenizer.ids(texts)
    order = np.argsort([min(len(row), reader.config.input.length) for row in rows], kind="stable")
    probabilities = np.full(len(rows), np.nan)
    for batch in steps([order[start : start + BATCH] for start in range(0, len(order), BATCH)]):
        chosen = [place for place in batch if len(rows[place])]
        if chosen:
            words = data.prepare([rows[place] for place in chosen], reader.config)
            probabilities[chosen] = expit(reader.logits(words, np.count_nonzero(words, axis=1)))
    return probabilities


def explain(text: str, preset: str = "default") -> Explanation:
    """A verdict with what each word and sentence adds, found by taking each out in turn.

    A word that is taken out leaves a gap: no window of a convolution sees it. The text keeps its
    length for the calibration.

    Raises:
        UserError: the text holds no words, is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    encoded = reader.encode(text)
    row = reader.row(encoded)
    read, places = encoded.last(reader.config.input.length), np.flatnonzero(row)
    sentences = {}
    for match in data.SENTENCE.finditer(encoded.text):
        start, end = match.span()
        inside = [
            p for p, (first, _) in zip(places, read.spans, strict=True) if start <= first < end
        ]
        if inside:
            blanks = len(match[0]) - len(match[0].lstrip())
            sentences[start + blanks, end] = inside
    logit = reader.logits(row[None], len(places))[0]
    groups = [*places[:, None], *sentences.values()]
    lacking = without_each(row, groups, lambda rows: reader.logits(rows, len(places)), BATCH)
    pushes = (logit - lacking).tolist()
    words = zip(read.spans, pushes, read.unknown.tolist(), strict=False)
    return Explanation(
        encoded.text,
        reader.verdict(encoded, logit),
        tuple(Push(*span, push, unknown) for span, push, unknown in words),
        tuple(
            Push(*span, push) for span, push in zip(sentences, pushes[len(places) :], strict=True)
        ),
    )


def without(text: str, struck: Sequence[int], preset: str = "default") -> Verdict:
    """A verdict on a text of which words are struck out, which leave gaps as in `explain`.

    Args:
        text: to be read.
        struck: places among the words that are read, `Explanation.words`.
        preset: `default` or `book`.

    Raises:
        UserError: as `explain`; no word is left; or there is no such place.
    """
    reader = _Reader(preset)
    encoded = reader.encode(text)
    row = reader.row(encoded)
    places = np.flatnonzero(row)
    if not all(0 <= place < len(places) for place in struck):
        raise UserError(
            _("This text has {count} words; choose among them.").format(count=len(places))
        )
    if len(set(struck)) == len(places):
        raise UserError(_("All words are struck out. Bring one back."))
    row[places[list(struck)]] = 0
    return reader.verdict(encoded, reader.logits(row[None], len(places))[0])


class _Reader:
    """A preset's network with its vocabulary."""

    def __init__(self, preset: str) -> None:
        self.loaded = runtime.model(DEMO.model_id(preset))
        self.tokenizer = Tokenizer.load(self.loaded.folder)
        self.config: Config = self.loaded.config

    def encode(self, text: str | None) -> Encoded:
        return self.tokenizer.read(without_markup(text or ""), _("a review"))

    def row(self, encoded: Encoded) -> np.ndarray:
        """What the network is given for one text, `(words,)`."""
        return data.prepare([encoded.ids], self.config)[0]

    def logits(self, batch: np.ndarray, words: np.ndarray | int) -> np.ndarray:
        """Calibrated logits, `(texts,)`, of texts of so many words."""
        stored = self.loaded.preprocess["calibration"]
        return calibrated(self.loaded.call(batch)[:, 0], words, stored)

    def verdict(self, encoded: Encoded, logit: float) -> Verdict:
        words = min(len(encoded), self.config.input.length)
        stored = self.loaded.preprocess.get("familiar")
        strange = is_strange(self.tokenizer, encoded.text, stored)
        return Verdict(float(logit), words, encoded.unknown_words, len(encoded) - words, strange)


# === Files ===


def score_file(
    path: Path, target: Path, preset: str = "default", steps: Steps = iter
) -> tuple[int, int]:
    """Score every text of a file, and write a table of them.

    A `.csv` or `.tsv` keeps all its columns; the text stands in the column `text`, `review`,
    `sentence`, `comment` or `content`, or in the only one. Any other text file holds a text a line.
    The new column `positive` holds the probability; it is empty where a text has no words.

    Returns:
        How many texts were scored, and how many have no words.

    Raises:
        UserError: the file cannot be read, or it is not clear which column holds the text.
    """
    if is_table(path):
        table = read_table(path, MAX_ROWS)
        columns, rows, texts = (
            table.columns,
            table.rows,
            table.first_column(TEXT_COLUMNS, _("text")),
        )
    else:
        texts = [line for line in split_lines(read_text(path)) if line.strip()]
        if len(texts) > MAX_ROWS:
            raise UserError(
                _("This file has more than {count:,} lines. Split it.").format(count=MAX_ROWS)
            )
        columns, rows = ("text",), tuple((line,) for line in texts)
    scores = score_many([without_markup(text) for text in texts], preset, steps)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "positive"])
        for row, value in zip(rows, scores, strict=True):
            writer.writerow([*row, "" if math.isnan(value) else f"{value:.4f}"])
    empty = int(np.isnan(scores).sum())
    return len(scores) - empty, empty


def predict(paths: list[Path], preset: str = "default") -> dict[str, Any]:
    """For the command line: each file is one text, and gets its verdict with its sentences.

    A `.csv` or `.tsv` is scored row by row, into a table beside it.

    Raises:
        UserError: a file cannot be used; names it.
    """
    answers: dict[str, Any] = {}
    for path in paths:
        with naming(path):
            if is_table(path):
                target = path.with_name(f"{path.stem}-scored.csv")
                scored, empty = score_file(path, target, preset)
                answers[str(path)] = {"output": str(target), "scored": scored, "empty": empty}
            else:
                answers[str(path)] = explain(read_text(path), preset).to_dict()
                del answers[str(path)]["word_pushes"]
    return answers
