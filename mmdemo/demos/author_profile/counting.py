"""What each word and pair of words says for a class, beside what a network reads. No Keras.

Naive-Bayes regressions, one for each class against the others. On held-out texts their verdict is
weighed against the network's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from mmdemo.core.train import naive_bayes

from .config import BINARY, REGRESSION, Config, Head

DIGITS = 3
"""Decimals of the weights: nothing is lost but the size of their file, compressed."""
SMOOTHING = 1.0
EQUAL = (0.5, 0.5)

Shares = list[tuple[float, float]]
"""Per head with classes, the factors of the network's logits and of the regressions'."""


class Counted(NamedTuple):
    """Weights of the features, `(features, units)`, and intercepts, `(units,)`."""

    weights: np.ndarray
    intercepts: np.ndarray


def with_classes(heads: Sequence[Head]) -> list[tuple[int, Head]]:
    """The heads that have classes, with their places."""
    return [(place, head) for place, head in enumerate(heads) if head.kind != REGRESSION]


def regress(features: Any, values: Sequence[np.ndarray], config: Config) -> list[Counted]:
    """Weights per head with classes; a unit for each class, one for a binary head's second.

    Args:
        features: sparse `(texts, features)` of ones.
        values: per head the places of the classes, `(texts,)`; NaN where unknown.
        config: its training says how.
    """
    training = config.training
    found = []
    for place, head in with_classes(config.heads):
        known = np.flatnonzero(~np.isnan(values[place]))
        part, truth = features[known], values[place][known].astype(int)
        weights, intercepts = [], []
        for unit in [1] if head.kind == BINARY else range(len(head.classes)):
            labels = (truth == unit).astype(int)
            if 0 < labels.sum() < len(labels):
                ones = np.ones(len(labels), np.float32)
                ratio = naive_bayes.ratios(part, labels, ones, SMOOTHING, training.least)
                weight, intercept = naive_bayes.fit(
                    part, labels, ones, ratio, training.strength, intercept=True
                )
            else:  # no text of this class was drawn, or no other: its share alone speaks
                weight = np.zeros(features.shape[1])
                intercept = float(np.log((labels.sum() + 1) / (len(labels) - labels.sum() + 1)))
            weights.append(weight)
            intercepts.append(intercept)
        found.append(Counted(np.stack(weights, axis=1), np.array(intercepts)))
    return found


def weigh(
    features: Any,
    values: Sequence[np.ndarray],
    guesses: Sequence[np.ndarray],
    counted: Sequence[Counted],
    heads: Sequence[Head],
) -> Shares:
    """The factors with the least cross-entropy on texts that neither side was fitted on.

    Args:
        features: of these texts.
        values: per head, as in `regress`.
        guesses: per head what the network says: `(texts, classes)` or `(texts,)`.
        counted: what `regress` gave.
        heads: of the network.
    """
    shares = []
    for (place, _), part in zip(with_classes(heads), counted, strict=True):
        known = np.flatnonzero(~np.isnan(values[place]))
        if not len(known):
            shares.append(EQUAL)
            continue
        truth = values[place][known].astype(int)
        guess = np.clip(guesses[place][known], 1e-7, 1 - 1e-7)
        read = np.log(guess) if guess.ndim == 2 else np.log(guess / (1 - guess))[:, None]
        said = features[known] @ part.weights + part.intercepts

        def loss(
            factors: np.ndarray, truth: Any = truth, read: Any = read, said: Any = said
        ) -> Any:
            logits = factors[0] * read + factors[1] * said
            if logits.shape[1] == 1:
                logits = np.hstack([np.zeros_like(logits), logits])
            return -log_softmax(logits, axis=1)[np.arange(len(truth)), truth].mean()

        best = minimize(loss, EQUAL, bounds=[(0, None), (0, None)]).x
        shares.append((float(best[0]), float(best[1])))
    return shares
