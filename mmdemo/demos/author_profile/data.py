"""Texts with what is known about each: the public sets and one's own table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets, imdb, polarity
from mmdemo.core.errors import UserError
from mmdemo.core.media.text import Table, plain_breaks, read_table
from mmdemo.core.nets.words import pad

from .config import (
    BINARY,
    BOOK_WEIGHTS,
    KINDS,
    OCCUPATIONS,
    REGRESSION,
    STARS,
    Config,
    Head,
)

MIN_ROWS = 60
"""Rows of one's own table in which a target is filled in."""
MIN_OF_CLASS = 5
MAX_CLASSES = 50


@dataclass(frozen=True)
class Samples:
    """Texts and their values.

    Attributes:
        texts: as written.
        values: per head, float32 `(texts,)`: the number, or the class's place; NaN where unknown.
        groups: who wrote each, `(texts,)`; texts of one group never stand on both sides of a split.
    """

    texts: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: np.ndarray) -> Samples:
        """Some of them."""
        values = tuple(value[rows] for value in self.values)
        return Samples(tuple(self.texts[row] for row in rows), values, self.groups[rows])


# === Public sets ===


def reviews(part: str) -> Samples:
    """IMDB's official `train` or `test` part: stars, their class and the sentiment.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    official = imdb.reviews(part)
    classes = np.array([STARS.index(str(star)) for star in official.stars], np.float32)
    values = official.stars.astype(np.float32), classes, official.positive.astype(np.float32)
    return Samples(official.texts, values, np.arange(len(official.texts)))


def critics(part: str) -> Samples:
    """Critics' lines about films, of which the sentiment alone is known.

    Args:
        part: `development`, which may choose and calibrate, or `test`, which only reports.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    texts, positive = polarity.lines(part)
    unknown = np.full(len(texts), np.nan, np.float32)
    values = unknown, unknown, positive.astype(np.float32)
    return Samples(texts, values, np.arange(len(texts)))


def posts() -> Samples:
    """The bloggers' posts: age, group of occupation (where given) and gender.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    table = read_table(datasets.path("blogs_adult") / "posts.csv")
    group_of = {job: n for n, jobs in enumerate(OCCUPATIONS.values()) for job in jobs}
    ages = np.array([float(age) for age in table.column("age")], np.float32)
    jobs = np.array([group_of.get(job, np.nan) for job in table.column("occupation")], np.float32)
    female = np.array([gender == "female" for gender in table.column("gender")], np.float32)
    _, authors = np.unique(table.column("author"), return_inverse=True)
    return Samples(tuple(table.column("text")), (ages, jobs, female), authors)


def split(count: int, share: float, seed: int, block: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit on and rows held out, drawn at random in blocks of neighbours."""
    blocks = np.array_split(np.arange(count), max(count // block, 2))
    order = np.random.default_rng(seed).permutation(len(blocks))
    cut = max(round(share * len(blocks)), 1)
    return _joined(blocks, order[cut:]), _joined(blocks, order[:cut])


def _joined(blocks: Sequence[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    return np.concatenate([blocks[number] for number in sorted(chosen)])


def by_group(groups: np.ndarray, folds: int, seed: int) -> list[np.ndarray]:
    """Rows of each fold, with every group in one fold."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return [np.flatnonzero(np.isin(groups, part)) for part in np.array_split(names, folds)]


# === One's own table ===


def own(path: Path, targets: Sequence[str], config: Config) -> tuple[Samples, tuple[Head, ...]]:
    """A table with texts and the columns that `targets` name, and the heads that they need.

    The text stands in the column `text`, or in the one with the longest cells. An empty cell of a
    target is left out of that target's training.

    Args:
        path: a CSV or TSV file.
        targets: `COLUMN:KIND` each, with `regression`, `softmax` or `binary` as the kind.
        config: of the preset, whose loss weights are taken.

    Raises:
        UserError: the table or a target cannot be used; says what to change.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder. Give a table: a .csv or .tsv file.")
    wanted = [_target(target) for target in targets]
    if not wanted:
        raise UserError("Say what to learn: --target COLUMN:KIND, once for each column.")
    if len({column.casefold() for column, _ in wanted}) < len(wanted):
        raise UserError("A column is named twice in --target.")
    table = read_table(path, max_rows=1_000_000, max_bytes=1 << 30)
    texts = [
        plain_breaks(text) for text in table.column(text_column(table, [c for c, _ in wanted]))
    ]
    filled = np.array([bool(text.strip()) for text in texts])
    heads, values = [], []
    for column, kind in wanted:
        cells = [cell.strip() for cell in table.column(column)]
        known = [cell for cell, there in zip(cells, filled, strict=True) if cell and there]
        if len(known) < MIN_ROWS:
            raise UserError(
                f"Only {len(known)} rows have a text and a value in '{column}'; at least "
                f"{MIN_ROWS} are needed."
            )
        weight = 1.0 if config.training.standardise else BOOK_WEIGHTS[kind]
        classes = () if kind == REGRESSION else _classes(column, kind, known)
        heads.append(Head(column, kind, classes, weight))
        values.append(_numbers(column, cells) if kind == REGRESSION else _places(cells, classes))
    rows = np.flatnonzero(filled & ~np.all(np.isnan(values), axis=0))
    samples = Samples(tuple(texts), tuple(values), np.arange(len(texts)))
    return samples.take(rows), tuple(heads)


def text_column(table: Table, taken: Sequence[str]) -> str:
    """The column `text`, else the one with the longest cells that is no target.

    Raises:
        UserError: there is none.
    """
    left = [c for c in table.columns if c.casefold() not in {name.casefold() for name in taken}]
    if not left:
        raise UserError("This table has no column left for the texts: all are targets.")
    named = next((column for column in left if column.casefold() == "text"), None)
    return named or max(left, key=lambda column: sum(map(len, table.column(column))))


def _target(target: str) -> tuple[str, str]:
    column, separator, kind = target.rpartition(":")
    column, kind = column.strip(), kind.strip().casefold()
    if not separator or not column or kind not in KINDS:
        raise UserError(
            f"'{target}' is no target. Write COLUMN:KIND, with {', '.join(KINDS)} as the kind."
        )
    return column, kind


def _classes(column: str, kind: str, cells: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(cells)
    if len(counts) == 1:
        raise UserError(f"'{column}' is '{cells[0]}' in every row: there is nothing to learn.")
    if kind == BINARY and len(counts) > 2:
        raise UserError(f"'{column}' has {len(counts)} values; binary takes two. Use softmax.")
    if len(counts) > MAX_CLASSES:
        raise UserError(
            f"'{column}' has {len(counts)} values, where {MAX_CLASSES} classes fit. If they are "
            "numbers, use regression."
        )
    rare = min(counts, key=lambda name: counts[name])
    if counts[rare] < MIN_OF_CLASS:
        raise UserError(
            f"'{rare}' stands in only {counts[rare]} rows of '{column}'; each class needs at least "
            f"{MIN_OF_CLASS}. Join the rare ones."
        )
    return tuple(sorted(counts, key=_natural))


def _natural(name: str) -> tuple[float, str]:
    """Numbers by their size, then words by the alphabet."""
    try:
        number = float(name)
    except ValueError:
        return (math.inf, name)
    return (number, name)


def _numbers(column: str, cells: Sequence[str]) -> np.ndarray:
    numbers = np.full(len(cells), np.nan, np.float32)
    for row, cell in enumerate(cells):
        if not cell:
            continue
        try:
            numbers[row] = float(cell)
        except ValueError as error:
            raise UserError(
                f"Row {row + 1} of '{column}' is '{cell[:40]}', which is no number. Regression "
                "needs numbers with a decimal point; for names use softmax."
            ) from error
        if not np.isfinite(numbers[row]):
            raise UserError(f"Row {row + 1} of '{column}' is '{cell[:40]}', which is not finite.")
    if np.nanstd(numbers) == 0:
        raise UserError(f"'{column}' is the same in every row: there is nothing to learn.")
    return numbers


def _places(cells: Sequence[str], classes: tuple[str, ...]) -> np.ndarray:
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place.get(cell, np.nan) for cell in cells], np.float32)


# === What the network takes ===


def prepare(rows: Sequence[np.ndarray], config: Config) -> np.ndarray:
    """Numbers of words as the network takes them; of a longer text the last ones.

    The source's stack gets `length` words, padded before them; windows side by side get the
    longest row's length, padded after them.
    """
    length = config.input.length
    if config.network.stack:
        return pad(rows, length, keep="last", before=True)
    return pad(rows, min(max([1, *map(len, rows)]), length), keep="last")
