"""Verification figures of held-out pairs, with intervals over people or recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from mmdemo.core.measure.metrics import Verification, bootstrap_ci, verification
from mmdemo.core.measure.report import Result


@dataclass(frozen=True)
class Pairs:
    """Pairs of samples, and what a bootstrap draws them by.

    Attributes:
        distances: `(P,)`.
        same: `(P,)` whether a pair is genuine.
        one, other: `(P,)` numbers from 0 of the groups (people, recordings) of both samples.
        groups: how many there are.
    """

    distances: np.ndarray
    same: np.ndarray
    one: np.ndarray
    other: np.ndarray
    groups: int

    @classmethod
    def within(
        cls,
        distances: np.ndarray,
        labels: np.ndarray,
        groups: np.ndarray,
        counted: np.ndarray | None = None,
    ) -> Pairs:
        """Every unordered pair of some samples.

        Args:
            distances: `(N, N)`.
            labels: `(N,)`; a pair of one label is genuine.
            groups: `(N,)` of what the samples are drawn with.
            counted: `(N, N)` which pairs are compared; by default all.
        """
        compared = np.ones_like(distances) if counted is None else counted
        first, second = np.nonzero(np.triu(compared, 1))
        names, numbers = np.unique(groups, return_inverse=True)
        same = labels[first] == labels[second]
        pairs = distances[first, second], same, numbers[first], numbers[second]
        return cls(*pairs, groups=len(names))

    @classmethod
    def joined(cls, one: Pairs, other: Pairs) -> Pairs:
        """The pairs of both; no group is in both."""
        return cls(
            np.concatenate([one.distances, other.distances]),
            np.concatenate([one.same, other.same]),
            np.concatenate([one.one, other.one + one.groups]),
            np.concatenate([one.other, other.other + one.groups]),
            one.groups + other.groups,
        )

    def drawn(self, groups: Sequence[int]) -> Pairs:
        """The pairs of these groups; one that stands there twice counts as two that never met."""
        times = np.bincount(np.asarray(groups, int), minlength=self.groups)
        copies = times[self.one] * np.where(self.one == self.other, 1, times[self.other])
        rows = np.repeat(np.arange(len(copies)), copies)
        return Pairs(
            self.distances[rows], self.same[rows], self.one[rows], self.other[rows], self.groups
        )

    def balanced(
        self, rng: np.random.Generator, count: int = 1500
    ) -> tuple[np.ndarray, np.ndarray]:
        """`count` genuine and as many impostor pairs, drawn with replacement: distances, same."""
        rows = [rng.choice(np.flatnonzero(self.same == same), count) for same in (True, False)]
        return self.distances[np.concatenate(rows)], np.repeat([True, False], count)

    def verification(self) -> Verification:
        """The error curve."""
        return verification(self.distances, self.same)


def verification_results(
    task: str,
    method: str,
    folds: Sequence[Pairs],
    split: str,
    figures: Sequence[str] = ("eer", "auc"),
    draws: int | None = 1000,
) -> list[Result]:
    """Figures of a method, averaged over folds.

    Args:
        task, method, split: as in `Result`.
        folds: held-out pairs.
        figures: attributes of `Verification`.
        draws: of the bootstrap over groups; None for no intervals.
    """
    groups = [(number, group) for number, fold in enumerate(folds) for group in range(fold.groups)]

    @cache
    def averaged(drawn: tuple[tuple[int, int], ...]) -> dict[str, float]:
        """All figures at once, since every figure's bootstrap draws alike."""
        curves = []
        for number, fold in enumerate(folds):
            pairs = fold.drawn([group for own, group in drawn if own == number])
            if pairs.same.any() and not pairs.same.all():
                curves.append(pairs.verification())
        if not curves:
            return dict.fromkeys(figures, float("nan"))
        return {f: float(np.mean([getattr(curve, f) for curve in curves])) for f in figures}

    def value(figure: str, drawn: Sequence[tuple[int, int]]) -> float:
        return averaged(tuple(drawn))[figure]

    count = sum(len(fold.same) for fold in folds)
    results = []
    for figure in figures:
        statistic = partial(value, figure)
        interval = None if draws is None else bootstrap_ci(statistic, groups, n=draws)
        results.append(Result(task, method, figure, statistic(groups), split, count, interval))
    return results
