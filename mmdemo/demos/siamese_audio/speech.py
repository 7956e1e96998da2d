"""Whether a sound is speech, by its embedding: what compares kinds of sound cannot tell voices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

LIMIT = 0.75
"""From which probability on a sound is called speech."""


def fit(vectors: np.ndarray, spoken: np.ndarray) -> dict[str, Any]:
    """A logistic regression on embeddings, JSON-able, for `probability`.

    Args:
        vectors: `(N, d)`.
        spoken: `(N,)` whether each is speech; both kinds count alike.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=1000)
    model.fit(vectors, spoken)
    return {
        "kernel": [round(float(value), 5) for value in model.coef_[0]],
        "offset": float(model.intercept_[0]),
    }


def probability(vectors: np.ndarray, stored: Mapping[str, Any]) -> np.ndarray:
    """Of being speech, `(N,)`, for embeddings `(N, d)`."""
    logits = vectors @ np.asarray(stored["kernel"]) + stored["offset"]
    return 1 / (1 + np.exp(-logits))
