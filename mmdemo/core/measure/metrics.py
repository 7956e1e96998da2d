"""Figures that the demos report, in numpy alone.

Verification asks of two samples whether they show the same person, sound or thing. It is scored on
distances: a small distance says "same". The false accept rate (FAR) at a threshold is the share of
different pairs at or below it, the false reject rate (FRR) the share of same pairs above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

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
    """Exact error curve of `distances` (smaller = more alike), ties handled, in O(n log n).

    Args:
        distances: `(N,)` finite distances of the pairs.
        same: `(N,)` booleans or 0/1: whether the pair is genuine.

    Raises:
        ValueError: the shapes differ, a distance is not finite, or one kind of pair is missing.
    """
    distances = np.asarray(distances, dtype=np.float64)
    same = np.asarray(same).astype(bool)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(f"expected two vectors of one length, got {distances.shape}, {same.shape}")
    if not np.isfinite(distances).all():
        raise ValueError("distances must be finite")
    genuine = int(same.sum())
    impostor = len(same) - genuine
    if genuine == 0 or impostor == 0:
        raise ValueError("both same and different pairs are needed")

    order = np.argsort(distances, kind="stable")
    ordered = distances[order]
    accepted_genuine = np.cumsum(same[order])
    accepted_impostor = np.cumsum(~same[order])
    # Pairs at one distance are accepted together: a tie is one step of the curve.
    last_of_tie = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)

    thresholds = np.append(-np.inf, ordered[last_of_tie])
    far = np.append(0.0, accepted_impostor[last_of_tie] / impostor)
    frr = np.append(1.0, 1.0 - accepted_genuine[last_of_tie] / genuine)
    frr[-1] = 0.0
    tar = 1.0 - frr

    auc = float(np.sum(np.diff(far) * (tar[1:] + tar[:-1]) / 2))
    tar_at_far_1pct = float(tar[np.flatnonzero(far <= 0.01)[-1]])

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
    return Verification(thresholds, far, frr, eer, auc, tar_at_far_1pct, threshold_at_eer)


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
    rng = np.random.default_rng(seed)
    values = np.empty(n)
    for draw in range(n):
        chosen = rng.integers(len(groups), size=len(groups))
        values[draw] = statistic([groups[index] for index in chosen])
    values = values[~np.isnan(values)]
    if len(values) == 0:
        raise ValueError("the statistic is not defined for any draw")
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def accuracy(truth: Sequence[Any] | np.ndarray, predicted: Sequence[Any] | np.ndarray) -> float:
    """Share of equal entries of two sequences of one length.

    Raises:
        ValueError: the lengths differ or are 0.
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    if truth.shape != predicted.shape or truth.size == 0:
        raise ValueError(f"expected equal, non-empty shapes, got {truth.shape}, {predicted.shape}")
    return float(np.mean(truth == predicted))


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
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


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


def one_shot_accuracy(distances: np.ndarray, labels: np.ndarray) -> float:
    """Mean of `one_shot_hits`: N-way one-shot accuracy, N the number of classes in `labels`."""
    return float(one_shot_hits(distances, labels).mean())


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
        """Fits by Newton's method on held-out distances `(N,)` and their labels `(N,)`.

        The labels are softened as Platt did, (n + 1) / (n + 2) and 1 / (n + 2), so that pairs
        which a threshold parts without error still give a finite slope.

        Raises:
            ValueError: one kind of pair is missing, or a distance is not finite.
        """
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
        features = np.stack([(distances - mean) / scale, np.ones_like(distances)], axis=1)

        def loss(unknowns: np.ndarray) -> float:
            z = features @ unknowns
            # -[t log p + (1 - t) log(1 - p)] with p = 1 / (1 + exp(z))
            return float(np.sum(weight * (np.logaddexp(0.0, z) - (1 - target) * z)))

        unknowns = np.zeros(2)
        current = loss(unknowns)
        for _ in range(100):
            same_probability = _sigmoid(-(features @ unknowns))
            gradient = features.T @ (weight * (target - same_probability))
            curvature = weight * same_probability * (1 - same_probability)
            hessian = features.T @ (features * curvature[:, None]) + 1e-10 * np.eye(2)
            step = np.linalg.solve(hessian, gradient)
            length = 1.0
            while loss(unknowns - length * step) > current and length > 1e-8:
                length /= 2
            unknowns = unknowns - length * step
            previous, current = current, loss(unknowns)
            if previous - current < 1e-12:
                break
        slope = unknowns[0] / scale
        return cls(slope=float(slope), offset=float(unknowns[1] - slope * mean))

    def probability(self, distances: np.ndarray | float) -> np.ndarray:
        """Probability that each pair is the same; any shape in, the same shape out."""
        return _sigmoid(-(self.slope * np.asarray(distances, dtype=np.float64) + self.offset))

    def to_dict(self) -> dict[str, float]:
        return {"slope": self.slope, "offset": self.offset}

    @classmethod
    def from_dict(cls, values: dict[str, float]) -> Calibration:
        """Inverse of `to_dict`.

        Raises:
            KeyError: a value is missing.
        """
        return cls(slope=float(values["slope"]), offset=float(values["offset"]))


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0.0, -values))
