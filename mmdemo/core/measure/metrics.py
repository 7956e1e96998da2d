"""Figures that the demos report.

Verification asks of two samples whether they show the same person, sound or thing. It is scored on
distances: a small distance says "same". The false accept rate (FAR) at a threshold is the share of
different pairs at or below it, the false reject rate (FRR) the share of same pairs above it.

Pages need this module to appear, so SciPy and scikit-learn are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Group = TypeVar("Group")


@dataclass(frozen=True)
class Verification:
    """The error curve of a verification task and the figures read from it.

    Attributes:
        thresholds: `(K,)` ascending; the first is `-inf` (nothing is accepted), the others are the
            distinct distances. A pair is accepted when its distance is <= the threshold.
        far: `(K,)` false accept rate at each threshold, rising from 0 to 1.
        frr: `(K,)` false reject rate at each threshold, falling from 1 to 0.
        eer: equal error rate, where the straight lines between the points cross `far == frr`.
        auc: chance that a same pair is closer than a different pair, ties counted half.
        tar_at_far_1pct: largest true accept rate (1 - FRR) of a threshold whose FAR is <= 1 %.
        threshold_at_eer: the distance at the crossing, on the same straight line.
    """

    thresholds: np.ndarray
    far: np.ndarray
    frr: np.ndarray
    eer: float
    auc: float
    tar_at_far_1pct: float
    threshold_at_eer: float

    def rates_at(self, threshold: float) -> tuple[float, float]:
        """`(far, frr)` when every pair at or below `threshold` is accepted."""
        return rates_at(self.thresholds, self.far, self.frr, threshold)

    def thinned(self, points: int = 200) -> dict[str, list[float]]:
        """At most `points` finite points of the curve, as JSON-able lists.

        Keeps the curve's ends, and the points that lie evenly along its length in FAR + FRR, so
        that the steep parts stay where the rates change and the flat parts cost nothing.
        """
        # The first threshold is -inf, which JSON has no number for.
        thresholds, far, frr = self.thresholds[1:], self.far[1:], self.frr[1:]
        if len(thresholds) > points:
            travelled = far - frr
            wanted = np.linspace(travelled[0], travelled[-1], points)
            keep = np.unique(np.searchsorted(travelled, wanted).clip(0, len(travelled) - 1))
            thresholds, far, frr = thresholds[keep], far[keep], frr[keep]
        return {
            "thresholds": [float(value) for value in thresholds],
            "far": [float(value) for value in far],
            "frr": [float(value) for value in frr],
        }


def rates_at(
    thresholds: Sequence[float] | np.ndarray,
    far: Sequence[float] | np.ndarray,
    frr: Sequence[float] | np.ndarray,
    threshold: float,
) -> tuple[float, float]:
    """`(far, frr)` at `threshold` on a stored curve: those of its last point not above it.

    Below the first point nothing is accepted: `(0.0, 1.0)`.
    """
    index = int(np.searchsorted(np.asarray(thresholds, dtype=float), threshold, side="right")) - 1
    if index < 0:
        return 0.0, 1.0
    return float(far[index]), float(frr[index])


def verification(distances: np.ndarray, same: np.ndarray) -> Verification:
    """Exact error curve of `distances` (smaller = more alike), ties handled.

    Args:
        distances: `(N,)` finite distances of the pairs.
        same: `(N,)` booleans or 0/1: whether the pair is genuine.

    Raises:
        ValueError: the shapes differ, a distance is not finite, or one kind of pair is missing.
    """
    from sklearn.metrics import auc, roc_curve

    distances = np.asarray(distances, dtype=np.float64)
    same = np.asarray(same).astype(bool)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(f"expected two vectors of one length, got {distances.shape}, {same.shape}")
    if not np.isfinite(distances).all():
        raise ValueError("distances must be finite")
    if same.all() or not same.any():
        raise ValueError("both same and different pairs are needed")

    # A score rises with likeness. Pairs at one distance are accepted together: a tie is one step.
    far, tar, scores = roc_curve(same, -distances, drop_intermediate=False)
    thresholds, frr = -scores, 1.0 - tar
    tar_at_far_1pct = float(tar[far <= 0.01].max())

    after = int(np.argmax(far >= frr))  # never 0: there far = 0 and frr = 1
    before = after - 1
    gap_before = frr[before] - far[before]
    gap_after = far[after] - frr[after]
    share = gap_before / (gap_before + gap_after)
    eer = float(far[before] + share * (far[after] - far[before]))
    if np.isfinite(thresholds[before]):
        step = thresholds[after] - thresholds[before]
        threshold_at_eer = float(thresholds[before] + share * step)
    else:
        threshold_at_eer = float(thresholds[after])
    return Verification(
        thresholds, far, frr, eer, float(auc(far, tar)), tar_at_far_1pct, threshold_at_eer
    )


def bootstrap_ci(
    statistic: Callable[[list[Group]], float],
    groups: Sequence[Group],
    *,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval of `statistic` over whole groups (people, recordings, ...).

    Samples of one person depend on each other, so a person is drawn with all that is theirs.
    `statistic` is called with a list of `len(groups)` groups drawn with replacement; a group may
    stand in it several times. Draws for which it returns NaN, because the figure is not defined
    for them, are left out.

    Raises:
        ValueError: no groups, `level` outside (0, 1), or a figure that no draw defines.
    """
    if len(groups) == 0:
        raise ValueError("no groups to resample")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    drawn = drawings(len(groups), n=n, seed=seed)
    values = [statistic([groups[index] for index in chosen]) for chosen in drawn]
    return interval(np.array(values, float), level)


def drawings(count: int, *, n: int = 1000, seed: int = 0) -> Iterator[np.ndarray]:
    """Which of `count` groups each of `n` draws of a bootstrap takes, from 0: `(count,)` each."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        yield rng.integers(count, size=count)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """What the middle `level` of a bootstrap's values `(n,)` spans; NaN are left out.

    Raises:
        ValueError: all are NaN.
    """
    values = values[~np.isnan(values)]
    if len(values) == 0:
        raise ValueError("the statistic is not defined for any draw")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> float:
    """How far stated confidence and accuracy lie apart on average (Guo et al. 2017).

    Args:
        probabilities: of each class, `(n, classes)`, or of the positive one, `(n,)`.
        labels: the true classes, `(n,)`.
        bins: of equal width, from 0 to 1.
    """
    if probabilities.ndim == 1:
        probabilities = np.stack([1 - probabilities, probabilities], axis=1)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(places, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """What to divide logits by so that probabilities fit how often they are right.

    Guo et al. 2017, "On Calibration of Modern Neural Networks": the least cross-entropy.

    Args:
        logits: of samples that were not trained on, `(n, classes)`.
        labels: the true classes, `(n,)`.
    """
    from scipy.optimize import minimize_scalar

    def cross_entropy(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature))[rows, labels].mean())

    rows = np.arange(len(labels))
    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded").x))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities along the last axis."""
    from scipy import special

    return special.log_softmax(logits, axis=-1)


def one_shot_hits(
    distances: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None
) -> np.ndarray:
    """Expected one-shot hit rate of every query, over all choices of one example per class.

    In an N-way one-shot episode each of the N classes shows one example, and a query is given the
    class of the nearest. This is the exact mean over all such episodes, without sampling: for a
    query and one of its own class's other examples at distance d, each other class's example is
    drawn evenly from that class, so the episode is won with probability
    `product over classes of (share of its examples farther than d)`. A tie counts half against
    each rival class.

    Args:
        distances: `(N, N)` between all samples.
        labels: `(N,)` class of each sample; every class has two samples or more.
        groups: `(N,)` what each sample was taken from (a recording); a query is never shown an
            example of its own group. By default every sample is a group of its own.

    Returns:
        `(N,)` chance that the query is named rightly.

    Raises:
        ValueError: `distances` is not square of that size, there is one class only, or a class has
            a single sample or a single group.
    """
    distances = np.asarray(distances, dtype=np.float64)
    labels = np.asarray(labels)
    if distances.shape != (len(labels), len(labels)):
        raise ValueError(f"expected ({len(labels)}, {len(labels)}) distances, {distances.shape}")
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) < 2 or counts.min() < 2:
        raise ValueError("one-shot accuracy needs two classes or more, each of two samples or more")
    groups = np.arange(len(labels)) if groups is None else np.asarray(groups)
    hits = np.empty(len(labels))
    for query, own in enumerate(labels):
        shown = distances[query, (labels == own) & (groups != groups[query])]
        if shown.size == 0:
            raise ValueError(f"class {own!r} has examples of a single group only")
        won = np.ones(len(shown))
        for rival in classes[classes != own]:
            away = np.sort(distances[query, labels == rival])
            not_above = np.searchsorted(away, shown, side="right")
            below = np.searchsorted(away, shown, side="left")
            won *= 1.0 - (not_above + below) / (2 * len(away))
        hits[query] = won.mean()
    return hits


@dataclass(frozen=True)
class Calibration:
    """Distance -> probability that a pair is the same: `1 / (1 + exp(slope * d + offset))`.

    Platt's sigmoid (Platt 1999, "Probabilistic outputs for support vector machines"). It is fitted
    with same and different pairs weighing the same in all, however many there are of each, so the
    probability answers for a pair that is the same as often as not: the prior is 1/2.
    """

    slope: float
    offset: float

    @classmethod
    def fit(cls, distances: np.ndarray, same: np.ndarray) -> Calibration:
        """Fits by least cross-entropy on held-out distances `(N,)` and their labels `(N,)`.

        The labels are softened as Platt did, (n + 1) / (n + 2) and 1 / (n + 2), so that pairs
        which a threshold parts without error still give a finite slope.

        Raises:
            ValueError: one kind of pair is missing, or a distance is not finite.
        """
        from scipy.optimize import minimize
        from scipy.special import expit

        distances = np.asarray(distances, dtype=np.float64)
        same = np.asarray(same).astype(bool)
        genuine, impostor = int(same.sum()), int((~same).sum())
        if genuine == 0 or impostor == 0:
            raise ValueError("both same and different pairs are needed")
        if not np.isfinite(distances).all():
            raise ValueError("distances must be finite")
        target = np.where(same, (genuine + 1) / (genuine + 2), 1 / (impostor + 2))
        weight = np.where(same, 0.5 / genuine, 0.5 / impostor)
        # Unit scale keeps the two unknowns comparable.
        mean, scale = distances.mean(), distances.std() or 1.0
        unit = (distances - mean) / scale

        def loss(unknowns: np.ndarray) -> tuple[float, np.ndarray]:
            """Cross-entropy and its gradient by slope and offset."""
            z = unknowns[0] * unit + unknowns[1]
            # -[t log p + (1 - t) log(1 - p)] with p = 1 / (1 + exp(z))
            value = np.sum(weight * (np.logaddexp(0.0, z) - (1 - target) * z))
            error = weight * (expit(z) - (1 - target))
            return float(value), np.array([error @ unit, error.sum()])

        # The loss is flat where pairs part cleanly, so the gradient must come very near to 0.
        slope, offset = minimize(loss, np.zeros(2), jac=True, method="BFGS", tol=1e-10).x
        slope /= scale
        return cls(slope=float(slope), offset=float(offset - slope * mean))

    def probability(self, distances: np.ndarray | float) -> np.ndarray:
        """Probability that each pair is the same; any shape in, the same shape out."""
        from scipy.special import expit

        return expit(-(self.slope * np.asarray(distances, dtype=np.float64) + self.offset))

    def to_dict(self) -> dict[str, float]:
        return {"slope": self.slope, "offset": self.offset}

    @classmethod
    def from_dict(cls, values: dict[str, float]) -> Calibration:
        """Inverse of `to_dict`.

        Raises:
            KeyError: a value is missing.
        """
        return cls(slope=float(values["slope"]), offset=float(values["offset"]))
