"""Verification figures of held-out pairs, with intervals over people or recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.core.measure.metrics import Verification, drawings, interval, verification
from mmdemo.core.measure.report import Result

FIGURES = ("eer", "auc", "tar_at_far_1pct")
"""Of `Verification`, that a bootstrap draws."""
AT_ONCE = 50
"""Draws that are counted together: what their pairs need in memory."""


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
        figures: of `FIGURES`.
        draws: of the bootstrap over groups; None for no intervals.
    """
    values, intervals = _averaged(folds, None), {}
    if draws is not None:
        of_draws = _averaged(folds, draws)
        intervals = {figure: interval(of_draws[figure]) for figure in figures}
    count = sum(len(fold.same) for fold in folds)
    return [
        Result(task, method, f, float(values[f][0]), split, count, intervals.get(f))
        for f in figures
    ]


def _averaged(folds: Sequence[Pairs], draws: int | None) -> dict[str, np.ndarray]:
    """Figures of each draw, averaged over the folds that define them; of all groups without draws.

    One draw takes groups of all folds together.
    """
    starts = np.cumsum([0, *(fold.groups for fold in folds)])
    count = int(starts[-1])
    if draws is None:
        times = np.ones((1, count), int)
    else:
        drawn = drawings(count, n=draws)
        times = np.stack([np.bincount(groups, minlength=count) for groups in drawn])
    of_folds = [
        _figures(fold, times[:, start : start + fold.groups])
        for fold, start in zip(folds, starts, strict=False)
    ]
    averaged = {}
    for figure in FIGURES:
        values = np.array([found[figure] for found in of_folds])  # (folds, draws)
        defined = ~np.isnan(values)
        sums = np.where(defined, values, 0.0).sum(axis=0)
        averaged[figure] = np.where(defined.any(axis=0), sums, np.nan) / np.maximum(
            defined.sum(axis=0), 1
        )
    return averaged


def _figures(pairs: Pairs, times: np.ndarray) -> dict[str, np.ndarray]:
    """`FIGURES` of the pairs of many draws at once, `(draws,)` each; NaN where a kind is missing.

    What `metrics.verification` makes of `Pairs.drawn`: the pairs are sorted once, and each draw
    only counts them.

    Args:
        pairs: of one fold.
        times: how often each draw has each of its groups, `(draws, groups)`.
    """
    order = np.argsort(pairs.distances, kind="stable")
    one, other, same = pairs.one[order], pairs.other[order], pairs.same[order]
    # Pairs at one distance are accepted together: the curve has a point after each such run.
    ends = np.flatnonzero(np.append(np.diff(pairs.distances[order]) != 0, True))
    found: dict[str, list[np.ndarray]] = {figure: [] for figure in FIGURES}
    for start in range(0, len(times), AT_ONCE):
        part = times[start : start + AT_ONCE]
        copies = part[:, one] * np.where(one == other, 1, part[:, other])
        accepted, wrongly = (
            np.cumsum(copies * kind, axis=1)[:, ends].astype(np.float64) for kind in (same, ~same)
        )
        zero = np.zeros((len(part), 1))
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: a kind is missing
            tar = np.hstack([zero, accepted / accepted[:, -1:]])
            far = np.hstack([zero, wrongly / wrongly[:, -1:]])
        undefined = np.isnan(tar[:, -1]) | np.isnan(far[:, -1])
        values = {
            "eer": equal_error(far, 1.0 - tar),
            "auc": np.sum(np.diff(far) * (tar[:, 1:] + tar[:, :-1]) / 2, axis=1),
            "tar_at_far_1pct": np.max(np.where(far <= 0.01, tar, 0.0), axis=1),
        }
        for figure, value in values.items():
            found[figure].append(np.where(undefined, np.nan, value))
    return {figure: np.concatenate(parts) for figure, parts in found.items()}


def equal_error(far: np.ndarray, frr: np.ndarray) -> np.ndarray:
    """Where the straight lines between the points of error curves cross `far == frr`, `(draws,)`.

    Args:
        far, frr: rates at rising thresholds, `(draws, points)`; the first points are 0 and 1.
    """
    rows = np.arange(len(far))
    after = np.argmax(far >= frr, axis=1)  # never 0, but where a rate is NaN
    before = after - 1
    gap_before = frr[rows, before] - far[rows, before]
    gap_after = far[rows, after] - frr[rows, after]
    share = gap_before / (gap_before + gap_after)
    crossing: np.ndarray = far[rows, before] + share * (far[rows, after] - far[rows, before])
    return crossing
