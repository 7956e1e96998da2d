"""How often it is wrong: errors, what learns without a network, what others published. No Keras."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmdemo.core.data.handwritten import Images

from .data import pairs

Read = Callable[[np.ndarray], np.ndarray]
"""Pictures `(n, side, side)` from 0 to 1 to how much speaks for each digit, `(n, 10)`."""
NEIGHBOURS = 3

PUBLISHED = {
    "published:capsnet": {"error": 0.0025},
    "published:efficient_capsnet": {"error": 0.0026},
    "published:efficient_capsnet_ensemble": {"error": 0.0016},
    "published:capsnet_keras": {"error": 0.0034},
}
"""Sabour et al. 2017 with routing of three rounds and a decoder; Mazzia et al. 2021; and the Keras
version of X. Guo."""
PUBLISHED_OVERLAID = {
    "published:capsnet": {"pair_error": 0.052},
    "published:capsnet_cnn": {"pair_error": 0.081},
}
"""Sabour et al. 2017, table 1, on pairs of their own with the same recipe."""


# === How often it is wrong ===


def error(said: np.ndarray, digits: np.ndarray) -> float:
    """Share of pictures whose digit is not the one that most speaks for."""
    return float((said.argmax(axis=1) != digits).mean())


def pair_errors(said: np.ndarray, digits: np.ndarray) -> dict[str, float]:
    """Of pictures of two digits: how often not both are right, and how often one is missed.

    Args:
        said: how much speaks for each digit, `(n, 10)`; the two highest are taken.
        digits: the true ones, `(n, 2)`.
    """
    found = np.argsort(-said, axis=1, kind="stable")[:, :2]
    missed = (digits[:, :, None] != found[:, None, :]).all(axis=2)
    return {"pair_error": float(missed.any(axis=1).mean()), "digit_error": float(missed.mean())}


def likeness(ink: np.ndarray, redrawn: np.ndarray) -> np.ndarray:
    """Correlation of each picture with what was drawn in its place, `(n,)`."""
    one, other = (each.reshape(len(each), -1) for each in (ink, redrawn))
    one, other = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
    sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / np.maximum(sizes, 1e-9))


def told_apart(higher: np.ndarray, lower: np.ndarray) -> float:
    """How often one of the first has the larger number than one of the second (AUC)."""
    from sklearn.metrics import roc_auc_score

    scores = np.concatenate([higher, lower])
    return float(roc_auc_score(np.arange(len(scores)) < len(higher), scores))


# === What has learnt without a network ===


def neighbours(known: Images) -> Read:
    """The digits that most of the nearest training pictures show, pixel by pixel."""
    from sklearn.neighbors import KNeighborsClassifier

    fitted = KNeighborsClassifier(NEIGHBOURS, algorithm="brute")
    fitted.fit(known.pixels.reshape(len(known.digits), -1), known.digits)
    return lambda ink: np.asarray(fitted.predict_proba(ink.reshape(len(ink), -1)))


def linear(known: Images, seed: int) -> Read:
    """Ridge regression from the pixels of pairs to which digits are in them."""
    from sklearn.linear_model import Ridge

    ink, digits = pairs(known, 1, seed)
    wanted = np.zeros((len(ink), 10), np.float32)
    np.put_along_axis(wanted, digits, 1, axis=1)
    fitted = Ridge(10.0).fit(ink.reshape(len(ink), -1), wanted)
    return lambda seen: np.asarray(fitted.predict(seen.reshape(len(seen), -1)))
