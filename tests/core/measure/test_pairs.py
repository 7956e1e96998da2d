"""Pairs are drawn by groups, and figures averaged over folds, as plain counting has it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from mmdemo.core.measure import metrics
from mmdemo.core.measure.pairs import Pairs, verification_results


def sample(people: int = 5, photos: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Distances between points, and whose they are."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(people), photos)
    points = rng.normal(size=(len(labels), 4)) + rng.normal(size=(people, 4))[labels]
    return np.linalg.norm(points[:, None] - points, axis=-1), labels


def listed(pairs: Pairs) -> list[tuple[float, bool]]:
    return sorted(zip(pairs.distances.tolist(), pairs.same.tolist(), strict=True))


def test_within_counts_what_is_to_be_compared():
    distances, labels = sample(2, 2)
    assert listed(Pairs.within(distances, labels, labels)) == sorted(
        [
            (distances[0, 1], True),
            (distances[0, 2], False),
            (distances[0, 3], False),
            (distances[1, 2], False),
            (distances[1, 3], False),
            (distances[2, 3], True),
        ]
    )
    others = labels[:, None] != labels
    assert not Pairs.within(distances, labels, labels, others).same.any()


def test_a_person_drawn_twice_is_two_who_never_met():
    distances, labels = sample()
    pairs = Pairs.within(distances, labels, groups=labels).drawn([3, 1, 3])
    photos = [
        (copy, row) for copy, who in enumerate((3, 1, 3)) for row in np.flatnonzero(labels == who)
    ]
    expected = [
        (distances[one, other], bool(labels[one] == labels[other]))
        for place, (copy, one) in enumerate(photos)
        for second, other in photos[place + 1 :]
        if copy == second or labels[one] != labels[other]
    ]
    assert listed(pairs) == sorted(expected)


def test_joined_groups_stay_apart():
    one, other = (Pairs.within(*sample(3, seed=s), groups=sample(3)[1]) for s in (1, 2))
    both = Pairs.joined(one, other)
    assert both.groups == 6
    assert listed(both) == sorted(listed(one) + listed(other))
    assert listed(both.drawn([4])) == listed(other.drawn([1]))


def test_figures_are_averaged_over_folds_and_lie_in_their_intervals():
    folds = [Pairs.within(*sample(seed=s), groups=sample()[1]) for s in (1, 2)]
    eer, auc = verification_results("same", "it", folds, "two folds", draws=50)
    curves = [metrics.verification(fold.distances, fold.same) for fold in folds]
    assert eer.value == pytest.approx(np.mean([curve.eer for curve in curves]))
    assert auc.value == pytest.approx(np.mean([curve.auc for curve in curves]))
    assert (eer.task, eer.method, eer.metric, eer.n) == ("same", "it", "eer", 2 * 105)
    assert eer.ci95 is not None
    assert eer.ci95[0] <= eer.value <= eer.ci95[1]
    assert all(r.ci95 is None for r in verification_results("", "", folds, "", draws=None))


def test_intervals_are_those_of_drawing_the_pairs_one_draw_after_another():
    folds = []
    for seed, people in ((1, 2), (2, 5)):  # a draw may take one person alone of the first
        distances, labels = sample(people, seed=seed)
        folds.append(Pairs.within(distances.round(1), labels, groups=labels))  # with ties
    numbered = [(fold, group) for fold in (0, 1) for group in range(folds[fold].groups)]
    figures = ("eer", "auc", "tar_at_far_1pct")

    def one_by_one(figure: str, drawn: list[tuple[int, int]]) -> float:
        values = []
        for number, fold in enumerate(folds):
            pairs = fold.drawn([group for own, group in drawn if own == number])
            if pairs.same.any() and not pairs.same.all():
                values.append(getattr(pairs.verification(), figure))
        return float(np.mean(values)) if values else float("nan")

    results = verification_results("same", "it", folds, "two folds", figures, draws=80)
    for figure, result in zip(figures, results, strict=True):
        statistic = partial(one_by_one, figure)
        assert result.value == pytest.approx(statistic(numbered), abs=1e-12)
        expected = metrics.bootstrap_ci(statistic, numbered, n=80)
        assert result.ci95 == pytest.approx(expected, abs=1e-12)
