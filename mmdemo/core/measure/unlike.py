"""Whether an input is unlike those of a training, by a network's outputs; and how well that tells.

How sure a network is says little of it: noise may get a sure answer. A linear reading of all its
logits says more: one direction for each group of foreign inputs that it is to be told from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

CONFIDENT = 0.5
"""Probability from which on an answer reads as one."""


def fit(
    like: np.ndarray,
    limiting: np.ndarray,
    groups: Sequence[tuple[np.ndarray, float]],
    strength: float = 0.01,
) -> dict[str, Any]:
    """Directions that part foreign inputs from like ones, JSON-able, for `score`.

    Args:
        like: logits of inputs like those of the training, `(n, classes)`.
        limiting: of others like them, which set the limits, `(m, classes)`.
        groups: of foreign inputs, `(k, classes)` each, with the share of the limiting inputs that
            may be taken for such.
        strength: inverse regularisation of the directions.
    """
    from sklearn.linear_model import LogisticRegression

    kernels, offsets = [], []
    for foreign, share in groups:
        every = np.concatenate([like, foreign]).astype(np.float64)
        truth = np.repeat([0, 1], [len(like), len(foreign)])
        spread = every.std(axis=0) + 1e-6
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=500)
        kernel = model.fit((every - every.mean(axis=0)) / spread, truth).coef_[0] / spread
        seen = limiting @ kernel
        kernels.append(kernel / seen.std())
        offsets.append(-np.quantile(seen, 1 - share) / seen.std())
    return {
        "kernels": [[round(float(value), 5) for value in kernel] for kernel in kernels],
        "offsets": [round(float(value), 5) for value in offsets],
    }


def score(logits: np.ndarray, stored: Mapping[str, Any]) -> np.ndarray:
    """How unlike inputs are, `(n,)`, by their logits `(n, classes)`: above 0 they are foreign."""
    scores = logits @ np.asarray(stored["kernels"]).T + np.asarray(stored["offsets"])
    return np.asarray(scores.max(axis=1))


def is_strange(logits: np.ndarray, preprocess: Mapping[str, Any]) -> bool:
    """Whether an input with these logits, `(classes,)`, is foreign.

    Never where `preprocess.json` has no directions under `unlike`, as of one's own classes.
    """
    stored = preprocess.get("unlike")
    return stored is not None and bool(score(logits[None], stored)[0] > 0)


def figures(known: np.ndarray, foreign: np.ndarray, limit: float = 0.0) -> dict[str, float]:
    """What a score is worth.

    Args:
        known: scores of inputs like those of the training, `(n,)`; larger is stranger.
        foreign: of others, `(m,)`.
        limit: over which an input is said to be unlike the training's.

    Returns:
        Area under the ROC curve, and the shares of foreign and of known inputs over the limit.
    """
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([0, 1], [len(known), len(foreign)])
    return {
        "unlike_auc": float(roc_auc_score(truth, np.concatenate([known, foreign]))),
        "foreign_told": float((foreign > limit).mean()),
        "known_told": float((known > limit).mean()),
    }


def sure(known: np.ndarray, foreign: np.ndarray, best: np.ndarray) -> dict[str, float]:
    """The same, and the shares of foreign inputs with a confident answer, before and after.

    Args:
        known, foreign: as in `figures`, with the limit 0.
        best: probability of the best answer to each foreign input, `(m,)`.
    """
    confident = best >= CONFIDENT
    return figures(known, foreign) | {
        "foreign_sure_before": float(confident.mean()),
        "foreign_sure": float((confident & (foreign <= 0)).mean()),
    }
