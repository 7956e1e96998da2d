"""Pairs of sentences with their scores: two public sets and one's own."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import UserError
from mmdemo.core.media.text import read_table
from mmdemo.core.nets.words import UNKNOWN, Tokenizer, pad

from .config import Input

SICK_FILES = {
    "train": "SICK_train.txt",
    "dev": "SICK_trial.txt",
    "test": "SICK_test_annotated.txt",
}
MIN_OWN = 100
"""Pairs in one's own data."""


@dataclass(frozen=True)
class Pairs:
    """Sentences and how alike they are, float32 `(pairs,)` from 0 to 1."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    scores: np.ndarray

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(
            self.first + other.first,
            self.second + other.second,
            np.concatenate([self.scores, other.scores]),
        )

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: np.ndarray) -> Pairs:
        """Some of them."""
        return Pairs(
            tuple(self.first[row] for row in rows),
            tuple(self.second[row] for row in rows),
            self.scores[rows],
        )


def sick(part: str) -> Pairs:
    """SICK's official `train`, `dev` (its trial) or `test` part; relatedness 1-5 becomes 0-1.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    lines = (datasets.path("sick") / SICK_FILES[part]).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:] if line.strip()]
    scores = np.array([(float(row[3]) - 1) / 4 for row in rows], np.float32)
    return Pairs(tuple(row[1] for row in rows), tuple(row[2] for row in rows), scores)


def sts(part: str) -> Pairs:
    """The STS benchmark's official `train`, `dev` or `test` part; similarity 0-5 becomes 0-1.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    path = datasets.path("stsbenchmark") / f"sts-{part}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    scores = np.array([float(row[4]) / 5 for row in rows], np.float32)
    return Pairs(tuple(row[5] for row in rows), tuple(row[6] for row in rows), scores)


def shared(train: Pairs, test: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Which test pairs stand in training, in either order; and which share a sentence with it."""
    known = {frozenset(pair) for pair in zip(train.first, train.second, strict=True)}
    sentences = {*train.first, *train.second}
    tested = list(zip(test.first, test.second, strict=True))
    return (
        np.array([frozenset(pair) in known for pair in tested]),
        np.array([a in sentences or b in sentences for a, b in tested]),
    )


def own(path: Path) -> Pairs:
    """One's own pairs: a table with the columns `sentence1`, `sentence2` and `score` from 0 to 5.

    Raises:
        UserError: it is no such table, or has fewer than `MIN_OWN` pairs.
    """
    if not path.is_file():
        raise UserError(f"{path} is not a table: --data takes a .csv or .tsv file.")
    table = read_table(path, max_rows=1_000_000, max_bytes=1 << 30)
    first, second = table.column("sentence1"), table.column("sentence2")
    scores = []
    for line, cell in enumerate(table.column("score"), start=2):
        try:
            score = float(cell)
        except ValueError as error:
            raise UserError(f"Row {line}: the score '{cell}' is not a number.") from error
        if not 0 <= score <= 5:
            raise UserError(f"Row {line}: the score {cell} is not from 0 to 5.")
        scores.append(score / 5)
    if len(scores) < MIN_OWN:
        raise UserError(f"There are {len(scores)} pairs; at least {MIN_OWN} are needed.")
    return Pairs(tuple(first), tuple(second), np.array(scores, np.float32))


def numbers(tokenizer: Tokenizer, texts: Sequence[str], config: Input) -> list[np.ndarray]:
    """Numbers of the words of each text; a word outside the vocabulary gets a spare one."""
    rows = tokenizer.ids(texts)
    for row, text in zip(rows, texts, strict=True):
        if UNKNOWN in row:
            words = tokenizer.split(text)
            for place in np.flatnonzero(row == UNKNOWN):
                row[place] = config.words + zlib.crc32(words[place].encode()) % config.spare
    return [row[: config.length] for row in rows]


def arrays(tokenizer: Tokenizer, pairs: Pairs, config: Input) -> tuple[np.ndarray, np.ndarray]:
    """Both sides of all pairs as int32 `(pairs, words)`."""
    return (
        pad(numbers(tokenizer, pairs.first, config)),
        pad(numbers(tokenizer, pairs.second, config)),
    )
