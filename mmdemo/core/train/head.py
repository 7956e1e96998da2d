"""A last layer of a visitor's own, trained on what a network makes of their examples.

The network stays as it is. The new layer is a multinomial logistic regression: it weighs the
features, scaled to mean 0 and variance 1, and is trained on all examples at once by Adam (Kingma
and Ba 2015) with a penalty on its squared weights. No Keras here: a few hundred examples take less
than a second in NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mmdemo.core.measure.metrics import log_softmax

EPOCHS = 120
LEARNING_RATE = 0.02
PENALTY = 0.05
"""Times half the squared weights, beside the mean cross-entropy. It and the rate were chosen on
photos of pets and recordings of animals, three classes at a time; no figure is of those."""
FOLDS = 5
"""Parts of which each is held out once; a class with fewer examples is not measured."""


@dataclass(frozen=True)
class Head:
    """A dense layer whose softmax are the probabilities of the classes.

    Attributes:
        kernel: float32 `(features, classes)`.
        bias: float32 `(classes,)`.
    """

    kernel: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Of features `(n, d)`: `(n, classes)`, float32."""
        return np.exp(log_softmax(features @ self.kernel + self.bias)).astype(np.float32)


@dataclass(frozen=True)
class Epoch:
    """What there is after a pass over all examples.

    Attributes:
        number: from 1.
        loss: mean cross-entropy, in nats, before the pass.
        head: after it.
    """

    number: int
    loss: float
    head: Head


def train(
    features: np.ndarray, labels: np.ndarray, classes: int, epochs: int = EPOCHS
) -> Iterator[Epoch]:
    """Train a head, one pass at a time. The same examples give the same head.

    Each class counts alike, however many examples it has.

    Args:
        features: `(n, d)`, n >= 1.
        labels: `(n,)`, from 0.
        classes: how many there are.
        epochs: passes.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    scale = 1 / (features.std(axis=0, dtype=np.float64) + 1e-6)
    x = (features - mean) * scale
    counts = np.bincount(labels, minlength=classes)
    share = 1 / (np.count_nonzero(counts) * counts[labels])  # adds up to 1
    wanted = np.eye(classes)[labels]
    weights = np.zeros((x.shape[1] + 1, classes))  # the bias last
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for number in range(1, epochs + 1):
        logs = log_softmax(x @ weights[:-1] + weights[-1])
        loss = -float(share @ logs[np.arange(len(labels)), labels])
        wrong = (np.exp(logs) - wanted) * share[:, None]
        slope = np.concatenate([x.T @ wrong + PENALTY * weights[:-1], wrong.sum(axis=0)[None]])
        first += 0.1 * (slope - first)
        second += 0.001 * (slope**2 - second)
        step = first / (1 - 0.9**number) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
        # Ever smaller steps, down to none, so that it comes to rest.
        weights -= LEARNING_RATE * (1 + np.cos(np.pi * number / epochs)) / 2 * step
        kernel = weights[:-1] * scale[:, None]
        bias = weights[-1] - mean @ kernel
        yield Epoch(number, loss, Head(kernel.astype(np.float32), bias.astype(np.float32)))


def fitted(features: np.ndarray, labels: np.ndarray, classes: int) -> Head:
    """The head after its last pass; see `train`."""
    *_earlier, last = train(features, labels, classes)
    return last.head


def folds(labels: np.ndarray, sources: Sequence[int]) -> np.ndarray | None:
    """Which of the parts, 0 to 4, each example belongs to; None where a class is too small.

    Neighbours stay together, as far as that goes: what was taken in one go looks alike. All of one
    source are in one part where a class has sources enough.

    Args:
        labels: `(n,)`, in the order in which the examples were added.
        sources: of each example: the file or the press of the camera that it comes from.
    """
    parts, sources = np.zeros(len(labels), np.int64), list(sources)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) < FOLDS:
            return None
        own = [sources[int(row)] for row in rows]
        known = list(dict.fromkeys(own))
        if len(known) >= FOLDS:
            place = {source: FOLDS * i // len(known) for i, source in enumerate(known)}
            parts[rows] = [place[source] for source in own]
        else:
            parts[rows] = FOLDS * np.arange(len(rows)) // len(rows)
    return parts


def held_out(
    features: np.ndarray, labels: np.ndarray, classes: int, parts: np.ndarray
) -> Iterator[np.ndarray]:
    """What heads say of examples that they were not trained on, one part after the other.

    Args:
        features, labels, classes: see `train`.
        parts: from `folds`.

    Yields:
        `(n,)` labels, after each part; -1 for those whose turn has not come.
    """
    said = np.full(len(labels), -1)
    for part in range(FOLDS):
        out = parts == part
        head = fitted(features[~out], labels[~out], classes)
        said[out] = head.probabilities(features[out]).argmax(axis=1)
        yield said


def interval(right: int, count: int) -> tuple[float, float]:
    """Where the accuracy lies in 95 of 100 cases: Wilson's interval of `right` of `count`."""
    z = 1.959964
    share, room = right / count, z**2 / count
    middle = (share + room / 2) / (1 + room)
    half = z * np.sqrt(share * (1 - share) / count + room / (4 * count)) / (1 + room)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))
