"""Logistic regression on binary features scaled by naive Bayes' log-count ratios. No Keras.

Wang and Manning 2012, "Baselines and bigrams" (NB-SVM), with logistic regression in the support
vector machine's place.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def ratios(
    features: Any, labels: np.ndarray, weights: np.ndarray, smoothing: float, least: float
) -> np.ndarray:
    """Log of how much more frequent each feature is among the positive texts, `(features,)`.

    Args:
        features: sparse `(texts, features)` of ones.
        labels: 1 for positive, `(texts,)`.
        weights: how much each text counts, `(texts,)`.
        smoothing: added to the counts.
        least: a feature that counts less in all texts gets 0.
    """
    sums = np.array([features[labels == label].T @ weights[labels == label] for label in (0, 1)])
    smooth = sums + smoothing
    ratio = np.log(smooth[1] / smooth[1].sum()) - np.log(smooth[0] / smooth[0].sum())
    ratio[sums.sum(axis=0) < least] = 0
    return ratio


def fit(
    features: Any,
    labels: np.ndarray,
    weights: np.ndarray,
    ratio: np.ndarray,
    strength: float,
    *,
    vectors: np.ndarray | None = None,
    intercept: bool = False,
) -> tuple[np.ndarray, float]:
    """A weight per feature, `(features,)`, and the intercept.

    Args:
        features: as in `ratios`.
        labels: as in `ratios`.
        weights: as in `ratios`.
        ratio: what `ratios` gave.
        strength: inverse regularisation.
        vectors: of the first features, `(words, width)`. A regression on a text's sum of them
            beside the features adds to each word's weight one that words alike share.
        intercept: whether there is one; 0 otherwise.
    """
    from scipy.sparse import csr_matrix, diags, hstack
    from sklearn.linear_model import LogisticRegression

    scaled = (features @ diags(ratio)).tocsr()
    scaled.eliminate_zeros()
    if vectors is not None:
        scaled = hstack([scaled, csr_matrix(features[:, : len(vectors)] @ vectors)]).tocsr()
    regression = LogisticRegression(
        C=strength, solver="liblinear", fit_intercept=intercept, tol=1e-2
    ).fit(scaled, labels, weights)
    coefficients = regression.coef_[0]
    found = ratio * coefficients[: len(ratio)]
    if vectors is not None:
        found[: len(vectors)] += vectors @ coefficients[len(ratio) :]
    return found, float(regression.intercept_[0]) if intercept else 0.0
