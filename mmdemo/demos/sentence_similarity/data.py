"""Pairs of sentences with their scores, public and one's own, and what is known of their words."""

from __future__ import annotations

import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import UserError
from mmdemo.core.media.text import read_table
from mmdemo.core.nets.words import UNKNOWN, Tokenizer, pad

from .config import Config, Input

SICK_FILES = {
    "train": "SICK_train.txt",
    "dev": "SICK_trial.txt",
    "test": "SICK_test_annotated.txt",
}
NEWS = "main-news"
"""What the STS benchmark calls pairs from newspapers: headlines, press paraphrases, news forums."""
MRPC_FILES = ("msr-para-train.tsv", "msr-para-val.tsv")
MIN_OWN = 100
"""Pairs in one's own data."""
DENIALS = frozenset(
    ("not", "no", "never", "nobody", "nothing", "none", "without", "neither", "nor", "cannot")
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s")
HALF_LEARNT = 10
"""Training sentences with a word in them after which it counts as half learnt."""
LESS_THAN_SAME = 0.98
"""How alike the spelling of two different words can be."""


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

    @property
    def sentences(self) -> tuple[str, ...]:
        """All first and then all second ones."""
        return self.first + self.second

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


def sts(part: str, news: bool | None = None) -> Pairs:
    """The STS benchmark's official `train`, `dev` or `test` part; similarity 0-5 becomes 0-1.

    Args:
        part: which.
        news: only pairs from newspapers, or only the others.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    rows = [row for row in _sts_rows(part) if news is None or (row[0] == NEWS) == news]
    return _sts_pairs(rows)


def sts_news() -> dict[str, Pairs]:
    """The STS benchmark's pairs from newspapers, of all its parts, by their source.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    rows = [row for part in ("train", "dev", "test") for row in _sts_rows(part) if row[0] == NEWS]
    sources = sorted({row[1] for row in rows})
    return {source: _sts_pairs([row for row in rows if row[1] == source]) for source in sources}


def _sts_rows(part: str) -> list[list[str]]:
    path = datasets.path("stsbenchmark") / f"sts-{part}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _sts_pairs(rows: list[list[str]]) -> Pairs:
    scores = np.array([float(row[4]) / 5 for row in rows], np.float32)
    return Pairs(tuple(row[5] for row in rows), tuple(row[6] for row in rows), scores)


def mrpc() -> Pairs:
    """The Microsoft Research Paraphrase Corpus, training and validation part; 1 for paraphrases.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    rows = []
    for name in MRPC_FILES:
        text = (datasets.path("mrpc") / name).read_text(encoding="utf-8-sig")
        rows += [line.split("\t") for line in text.splitlines()[1:] if line.strip()]
    scores = np.array([float(row[0]) for row in rows], np.float32)
    return Pairs(tuple(row[3] for row in rows), tuple(row[4] for row in rows), scores)


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


def arrays(
    tokenizer: Tokenizer, first: Sequence[str], second: Sequence[str], config: Config
) -> tuple[np.ndarray, ...]:
    """What a network reads of pairs of sentences.

    Both sides as int32 `(pairs, words)`, and for a network that aligns `spelling`.
    """
    one, two = (pad(numbers(tokenizer, side, config.input)) for side in (first, second))
    if not config.network.aligned:
        return one, two
    words = ([tokenizer.split(text) for text in side] for side in (first, second))
    return one, two, spelling(*words, (len(one), one.shape[1], two.shape[1]))


def spelling(
    first: Sequence[Sequence[str]], second: Sequence[Sequence[str]], shape: tuple[int, int, int]
) -> np.ndarray:
    """How alike the words of two sentences are spelt.

    Dice's coefficient of their two and three letters in a row, the ends marked; 1 for the same
    word alone.

    Args:
        first: the words of the first sentence of each pair.
        second: those of the second.
        shape: of the result: pairs, words of the first, words of the second; further words are
            left out.

    Returns:
        float32 of that shape, 0 where no word is.
    """
    alike = np.zeros(shape, np.float32)
    for table, one, two in zip(alike, first, second, strict=True):
        for row, word in zip(table, one, strict=False):
            for column, other in enumerate(two[: shape[2]]):
                row[column] = _alike(word, other)
    return alike


@lru_cache(maxsize=1 << 16)
def _alike(one: str, two: str) -> float:
    if one == two:
        return 1.0
    a, b = _letters(one), _letters(two)
    return min(2 * len(a & b) / (len(a) + len(b)), LESS_THAN_SAME)


@lru_cache(maxsize=1 << 14)
def _letters(word: str) -> frozenset[str]:
    marked = f"<{word}>"
    return frozenset(marked[i : i + n] for n in (2, 3) for i in range(len(marked) - n + 1))


def facts(
    tokenizer: Tokenizer, sentences: Sequence[str], texts: Iterable[str], config: Input
) -> np.ndarray:
    """What is known of each word, float32 `(words + spare, 3)`.

    Its weight, the logarithm of how rarely a sentence holds it, 0 for signs; how well it is learnt,
    from 0 to 1; and whether it denies.

    Args:
        tokenizer: the vocabulary.
        sentences: those of the training pairs.
        texts: further ones, whose sentences count for the weight alone.
        config: sizes.
    """
    learnt = Counter(word for text in sentences for word in set(tokenizer.split(text)))
    holding, count = Counter(learnt), len(sentences)
    for text in texts:
        for sentence in SENTENCE_END.split(text):
            holding.update(set(tokenizer.split(sentence)))
            count += 1
    known = np.zeros((config.words + config.spare, 3), np.float32)
    known[:, 0] = np.log(count + 1)
    known[0] = 0
    for number in range(2, len(tokenizer)):
        word = tokenizer.word(number)
        known[number] = (
            np.log((count + 1) / (holding[word] + 1)) if word[0].isalnum() else 0,
            learnt[word] / (learnt[word] + HALF_LEARNT),
            word in DENIALS or word.endswith("n't"),
        )
    return known
