"""How positive a text is, and which of its words make it so. No Keras at module level."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.errors import UserError
from mmdemo.core.measure.decisions import check_preset as check_known
from mmdemo.core.media.text import check_text, read_table, read_text
from mmdemo.core.nets.words import Encoded, Tokenizer
from mmdemo.core.serve import runtime

from . import data
from .config import PRESETS, Config

SLUG = "sentiment"
BATCH = 64
SENTENCE = re.compile(r"[^.!?…。！？\n]+[.!?…。！？\"”’)]*|[.!?…]+")
TEXT_COLUMNS = ("text", "review", "sentence", "comment", "content")
MAX_ROWS = 20_000

Progress = Callable[[int, int], None]
"""Called with texts done and texts in all."""


@dataclass(frozen=True)
class Verdict:
    """What a network makes of a text.

    Attributes:
        probability: that the text is positive, calibrated on held-out reviews.
        logit: the same before it is squeezed between 0 and 1.
        words: how many words were read.
        unknown: which different words are not in the vocabulary.
        skipped: how many words at the start were not read, since the text is too long.
    """

    probability: float
    logit: float
    words: int
    unknown: tuple[str, ...]
    skipped: int

    @property
    def positive(self) -> bool:
        return self.logit > 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "positive": self.positive,
            "probability": self.probability,
            "words": self.words,
            "unknown": list(self.unknown),
            "skipped": self.skipped,
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


def check_preset(preset: str) -> None:
    """Raise a UserError when there is no such preset."""
    check_known(preset, PRESETS)


def warm() -> None:
    """Load the page's network."""
    score("Good.", "default")


def score(text: str, preset: str = "default") -> Verdict:
    """How positive a text is.

    Raises:
        UserError: it holds no words, is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    text, encoded = reader.encode(text)
    return reader.verdict(text, encoded, reader.logits(reader.read(encoded)[None])[0])


def score_many(
    texts: Sequence[str], preset: str = "default", progress: Progress | None = None
) -> np.ndarray:
    """Probability that each text is positive, `(texts,)`; a text without words gets NaN.

    Raises:
        UserError: the preset is unknown.
    """
    reader = _Reader(preset)
    rows = [row[-reader.config.length :] for row in reader.tokenizer.ids(texts)]
    order = np.argsort([len(row) for row in rows], kind="stable")
    made = np.full(len(rows), np.nan)
    for start in range(0, len(order), BATCH):
        chosen = [place for place in order[start : start + BATCH] if len(rows[place])]
        if chosen:
            batch = data.prepare([rows[place] for place in chosen], reader.config)
            made[chosen] = reader.probability(reader.logits(batch))
        if progress is not None:
            progress(min(start + BATCH, len(order)), len(order))
    return made


def explain(text: str, preset: str = "default") -> Explanation:
    """A verdict with what each word and sentence adds, found by taking each out in turn.

    A word that is taken out leaves a gap: no window of a convolution sees it.

    Raises:
        UserError: the text holds no words, is too long, or the preset is unknown.
    """
    reader = _Reader(preset)
    text, encoded = reader.encode(text)
    whole = reader.read(encoded)
    first = len(encoded.ids) - min(
        len(encoded.ids), reader.config.length
    )  # the words before: unread
    offset = len(whole) - (len(encoded.ids) - first)  # zeros of a fixed network
    spans = encoded.spans[first:]
    sentences = [
        (
            match.start(),
            match.end(),
            [i for i, (a, _) in enumerate(spans) if match.start() <= a < match.end()],
        )
        for match in SENTENCE.finditer(text)
    ]
    sentences = [sentence for sentence in sentences if sentence[2]]
    groups = [[index] for index in range(len(spans))] + [found for *_, found in sentences]
    logit = reader.logits(whole[None])[0]
    pushes = logit - reader.without(whole, [[offset + i for i in group] for group in groups])
    words = tuple(
        Push(start, end, float(push), bool(unknown))
        for (start, end), push, unknown in zip(spans, pushes, encoded.unknown[first:], strict=False)
    )
    whole_sentences = tuple(
        Push(start + len(text[start:end]) - len(text[start:end].lstrip()), end, float(push))
        for (start, end, _), push in zip(sentences, pushes[len(spans) :], strict=True)
    )
    return Explanation(text, reader.verdict(text, encoded, logit), words, whole_sentences)


class _Reader:
    """A preset's network with its vocabulary."""

    def __init__(self, preset: str) -> None:
        check_preset(preset)
        self.loaded = runtime.model(SLUG, preset)
        self.tokenizer = Tokenizer.load(self.loaded.folder)
        stored = self.loaded.config
        self.config = Config(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
        )

    def encode(self, text: str) -> tuple[str, Encoded]:
        text = check_text(data.clean(text or ""), "a review")
        encoded = self.tokenizer.encode(text)
        if not len(encoded.ids):
            raise UserError("There is no word in this text.")
        return text, encoded

    def read(self, encoded: Encoded) -> np.ndarray:
        """What the network is given for one text, `(words,)`."""
        return data.prepare([encoded.ids], self.config)[0]

    def logits(self, batch: np.ndarray) -> np.ndarray:
        """Calibrated logits, `(texts,)`."""
        stored = self.loaded.preprocess
        return stored["scale"] * self.loaded.call(batch)[:, 0] + stored["shift"]

    def without(self, whole: np.ndarray, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """Logits of the text with each group of places in turn made a gap."""
        made = []
        for start in range(0, len(groups), BATCH):
            part = groups[start : start + BATCH]
            copies = np.repeat(whole[None], len(part), axis=0)
            for copy, group in zip(copies, part, strict=True):
                copy[group] = 0
            made.append(self.logits(copies))
        return np.concatenate(made)

    def probability(self, logits: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-logits))

    def verdict(self, text: str, encoded: Encoded, logit: float) -> Verdict:
        read = min(len(encoded.ids), self.config.length)
        unknown = [
            text[a:b] for (a, b), new in zip(encoded.spans, encoded.unknown, strict=True) if new
        ]
        return Verdict(
            probability=1 / (1 + math.exp(-float(logit))),
            logit=float(logit),
            words=read,
            unknown=tuple(dict.fromkeys(unknown)),
            skipped=len(encoded.ids) - read,
        )


# === Files ===


def score_file(
    path: Path, target: Path, preset: str = "default", progress: Progress | None = None
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
    if path.suffix.lower() in (".csv", ".tsv", ".tab"):
        table = read_table(path, MAX_ROWS)
        names = {column.casefold(): column for column in table.columns}
        column = next((names[name] for name in TEXT_COLUMNS if name in names), None)
        if column is None and len(table.columns) == 1:
            column = table.columns[0]
        if column is None:
            known = ", ".join(table.columns)
            raise UserError(f"Which column holds the text? Call it 'text'. There are: {known}.")
        columns, rows, texts = table.columns, table.rows, table.column(column)
    else:
        texts = [line for line in read_text(path).splitlines() if line.strip()]
        if len(texts) > MAX_ROWS:
            raise UserError(f"This file has more than {MAX_ROWS:,} lines. Split it.")
        columns, rows = ("text",), tuple((line,) for line in texts)
    scores = score_many([data.clean(text) for text in texts], preset, progress)
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
    check_preset(preset)
    answers: dict[str, Any] = {}
    for path in paths:
        try:
            if path.suffix.lower() in (".csv", ".tsv", ".tab"):
                target = path.with_name(f"{path.stem}-scored.csv")
                scored, empty = score_file(path, target, preset)
                answers[str(path)] = {"output": str(target), "scored": scored, "empty": empty}
            else:
                found = explain(read_text(path), preset).to_dict()
                del found["word_pushes"]
                answers[str(path)] = found
        except UserError as error:
            raise type(error)(f"{path}: {error}") from error
    return answers
