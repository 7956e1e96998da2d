"""Reviews with their labels: the public set and one's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import imdb as public
from mmdemo.core.data import polarity
from mmdemo.core.errors import UserError
from mmdemo.core.media.text import plain_breaks, read_table, read_text
from mmdemo.core.nets.words import pad

from .config import Config

LABELS = {"pos": 1, "positive": 1, "1": 1, "neg": 0, "negative": 0, "0": 0}
MIN_OWN = 40
"""Texts of each label in one's own data."""
SENTENCE = re.compile(r"[^.!?…。！？\n]+[.!?…。！？\"”’)]*|[.!?…]+")
MOST_SENTENCES = 4
"""Of a piece of a review."""
LEAST_LETTERS = 12
"""Of a piece: shorter ones, such as a mark out of ten, are left out."""


@dataclass(frozen=True)
class Reviews:
    """Texts and whether each is positive, int32 `(texts,)`."""

    texts: tuple[str, ...]
    labels: np.ndarray

    def take(self, rows: np.ndarray) -> Reviews:
        """Some of them."""
        return Reviews(tuple(self.texts[row] for row in rows), self.labels[rows])


Texts = tuple[Reviews, np.ndarray]
"""Texts and how much each counts, float32 `(texts,)`."""


def imdb(part: str) -> Reviews:
    """The official `train` or `test` part, 25,000 reviews in the order of their numbers.

    Neighbours are often about one film.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    reviews = public.reviews(part)
    return Reviews(reviews.texts, reviews.positive.astype(np.int32))


def sentences(part: str) -> Reviews:
    """Half of the sentence polarity set: lines of critics' film reviews (Pang and Lee 2005).

    Args:
        part: `development`, which may choose and calibrate, or `test`, which only reports.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    texts, positive = polarity.lines(part)
    return Reviews(texts, positive.astype(np.int32))


def pieces(reviews: Reviews, seed: int) -> Reviews:
    """Each review cut into runs of one to four sentences, with the review's label.

    Every second piece is one sentence. A review of one sentence is no piece.

    Args:
        reviews: whole ones.
        seed: of the cuts.
    """
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for text, label in zip(reviews.texts, reviews.labels, strict=True):
        found = [match[0].strip() for match in SENTENCE.finditer(text)]
        start = 0
        while start < len(found) and len(found) > 1:
            count = 1 if rng.random() < 0.5 else int(rng.integers(2, MOST_SENTENCES + 1))
            piece = " ".join(found[start : start + count])
            start += count
            if sum(map(str.isalpha, piece)) >= LEAST_LETTERS:
                texts.append(piece)
                labels.append(label)
    return Reviews(tuple(texts), np.array(labels, np.int32))


def with_pieces(reviews: Reviews, weight: float, seed: int) -> Texts:
    """Reviews followed by their pieces, and how much each text counts, float32 `(texts,)`.

    Args:
        reviews: whole ones, which count 1.
        weight: what a piece counts; without pieces where it is 0.
        seed: of the cuts.
    """
    whole = np.ones(len(reviews.texts), np.float32)
    if not weight:
        return reviews, whole
    return joined((reviews, whole), pieces(reviews, seed), weight)


def joined(known: Texts, more: Reviews, weight: float) -> Texts:
    """Texts and further ones, each of which counts `weight`."""
    reviews, weights = known
    both = Reviews(reviews.texts + more.texts, np.concatenate([reviews.labels, more.labels]))
    return both, np.append(weights, np.full(len(more.texts), weight, np.float32))


def seen_before(train: Reviews, test: Reviews) -> np.ndarray:
    """Which test texts also stand in training, bool `(texts,)`."""
    known = {" ".join(text.split()) for text in train.texts}
    return np.array([" ".join(text.split()) in known for text in test.texts])


def split(
    labels: np.ndarray, share: float, seed: int, block: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit on and rows held out: the same share of each label, in blocks of neighbours."""
    rng = np.random.default_rng(seed)
    fit, held_out = [], []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        blocks = np.array_split(rows, max(len(rows) // block, 1))
        order = rng.permutation(len(blocks))
        count = round(share * len(blocks))
        held_out += [blocks[place] for place in order[:count]]
        fit += [blocks[place] for place in order[count:]]
    return np.sort(np.concatenate(fit)), np.sort(np.concatenate(held_out))


def own(path: Path) -> Reviews:
    """One's own texts: a table with the columns `text` and `label`, or folders `pos` and `neg`.

    Labels are 1, positive or pos, and 0, negative or neg.

    Raises:
        UserError: it is neither, a label is unknown, or there are too few texts of one.
    """
    if path.is_dir():
        texts, labels = [], []
        for name, label in (("neg", 0), ("pos", 1)):
            if not (path / name).is_dir():
                raise UserError(f"{path} has no folder '{name}': texts go into pos and neg.")
            for file in sorted((path / name).glob("*.txt")):
                texts.append(plain_breaks(read_text(file)))
                labels.append(label)
    else:
        table = read_table(path, max_rows=1_000_000, max_bytes=1 << 30)
        texts = [plain_breaks(text) for text in table.column("text")]
        labels = []
        for line, label in enumerate(table.column("label"), start=2):
            if label.strip().casefold() not in LABELS:
                raise UserError(f"Row {line}: the label '{label}' is none of {', '.join(LABELS)}.")
            labels.append(LABELS[label.strip().casefold()])
    for label, name in ((0, "negative"), (1, "positive")):
        if labels.count(label) < MIN_OWN:
            raise UserError(
                f"There are {labels.count(label)} {name} texts; at least {MIN_OWN} are needed."
            )
    return Reviews(tuple(texts), np.array(labels, np.int32))


def prepare(rows: list[np.ndarray], config: Config) -> np.ndarray:
    """Numbers of words as the network takes them; of a longer text the last ones."""
    length, fixed = config.input.length, config.input.fixed
    if not fixed:
        length = min(max([1, *map(len, rows)]), length)
    return pad(rows, length, keep="last", before=fixed)
