"""Log odds that fit how often a verdict is right, at every length of a text. No Keras.

Of a sentence a network knows less than of a review, and its logits mean something else: Platt's
scale and shift (1999) are therefore lines in the logarithm of a text's words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEAST = 1e-6
"""A probability nearer to 0 or 1 is taken as this."""


def fit(logits: np.ndarray, words: np.ndarray, labels: np.ndarray, by_length: bool) -> list[float]:
    """Scale, shift, and what each gains when a text is e times as long.

    Args:
        logits: of texts that the network was not trained on, `(texts,)`.
        words: that were read of each, `(texts,)`.
        labels: 1 for positive, `(texts,)`.
        by_length: whether the texts' lengths differ so much that the last two can be found; they
            are 0 otherwise.
    """
    from sklearn.linear_model import LogisticRegression

    columns = _columns(logits, words)[:, : 4 if by_length else 2]
    regression = LogisticRegression(C=1e6, fit_intercept=False, max_iter=1000)
    found = regression.fit(columns, labels).coef_[0].tolist()
    return [*found, *[0.0] * (4 - len(found))]


def calibrated(
    logits: np.ndarray, words: np.ndarray | int, calibration: Sequence[float]
) -> np.ndarray:
    """Calibrated log odds, of the logits' shape.

    Args:
        logits: as the network gives them, `(texts,)`.
        words: that were read of each text, `(texts,)`, or of all of them.
        calibration: what `fit` gave.
    """
    return _columns(logits, words) @ np.asarray(calibration)


def probability(
    probabilities: np.ndarray, words: np.ndarray | int, calibration: Sequence[float]
) -> np.ndarray:
    """Calibrated probabilities, of any shape.

    Args:
        probabilities: as the network gives them.
        words: that were read of each text, in a shape that goes with it.
        calibration: what `fit` gave for their `logit`.
    """
    from scipy.special import expit

    return expit(calibrated(logit(probabilities), words, calibration))


def logit(probabilities: np.ndarray) -> np.ndarray:
    """Log odds, of any shape; finite for 0 and 1, too."""
    kept = np.clip(np.asarray(probabilities, np.float64), LEAST, 1 - LEAST)
    return np.log(kept / (1 - kept))


def _columns(logits: np.ndarray, words: np.ndarray | int) -> np.ndarray:
    length = np.broadcast_to(np.log(np.maximum(words, 1)), np.shape(logits))
    return np.stack([logits, np.ones_like(length), logits * length, length], axis=-1)
