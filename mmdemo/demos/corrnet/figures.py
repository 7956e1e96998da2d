"""Figures of shared representations, and canonical correlation analysis. No Keras here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


def sum_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Sum over dimensions of the correlation between two codes `(n, d)`."""
    left, right = left - left.mean(axis=0), right - right.mean(axis=0)
    variances = (left**2).sum(axis=0) * (right**2).sum(axis=0)
    return float(((left * right).sum(axis=0) / np.sqrt(np.maximum(variances, 1e-12))).sum())


@dataclass(frozen=True)
class Whitening:
    """Canonical variates of two codes: `(code - mean) @ weights`, each of variance 1.

    Attributes:
        mean_left, mean_right: `(d,)`.
        weights_left, weights_right: `(d, d)`.
        correlations: `(d,)` of the fitted codes, falling.
    """

    mean_left: np.ndarray
    mean_right: np.ndarray
    weights_left: np.ndarray
    weights_right: np.ndarray
    correlations: np.ndarray

    @classmethod
    def fit(cls, left: np.ndarray, right: np.ndarray, ridge: float = 1e-3) -> Whitening:
        """Canonical correlation analysis of two codes `(n, d)` of the same samples.

        Args:
            left, right: codes.
            ridge: added to the variances, as a share of their mean.
        """
        left, right = left.astype(np.float64), right.astype(np.float64)
        mean_left, mean_right = left.mean(axis=0), right.mean(axis=0)
        left, right = left - mean_left, right - mean_right
        root_left, root_right = _inverse_root(left, ridge), _inverse_root(right, ridge)
        between = root_left @ (left.T @ right / len(left)) @ root_right
        u, correlations, v = np.linalg.svd(between)
        return cls(mean_left, mean_right, root_left @ u, root_right @ v.T, correlations)

    def left(self, codes: np.ndarray) -> np.ndarray:
        """Canonical variates of left codes."""
        return (codes - self.mean_left) @ self.weights_left

    def right(self, codes: np.ndarray) -> np.ndarray:
        """Canonical variates of right codes."""
        return (codes - self.mean_right) @ self.weights_right


def _inverse_root(centred: np.ndarray, ridge: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    values = np.maximum(values, 0) + ridge * max(float(values.mean()), 1e-12)
    return vectors @ np.diag(values**-0.5) @ vectors.T


@dataclass(frozen=True)
class Cca:
    """Linear canonical correlation analysis with scikit-learn, within principal components.

    Whitened principal components, then the singular vectors of their cross-covariance: this is
    CCA, and the number of components is its regularisation.

    Attributes:
        components: principal components kept of each view.
        correlations: of the variates of the fitted views, `(dimensions,)`.
    """

    components: int
    correlations: np.ndarray
    _whiten_left: Any
    _whiten_right: Any
    _rotation: Any

    @classmethod
    def fits(
        cls, left: Any, right: Any, components: Sequence[int], dimensions: int
    ) -> Iterator[Cca]:
        """One fit for each number of components, on views of the same samples.

        Args:
            left: `(n, p)`, dense or sparse.
            right: `(n, q)`, dense or sparse.
            components: numbers to try, each at least `dimensions`.
            dimensions: of the shared code.
        """
        from sklearn.cross_decomposition import PLSSVD
        from sklearn.decomposition import PCA

        most = max(components)

        def whitening(view: Any) -> PCA:
            # Both are exact; the covariance is the larger matrix where samples are few.
            few = isinstance(view, np.ndarray) and len(view) < view.shape[1]
            return PCA(most, whiten=True, svd_solver="full" if few else "covariance_eigh").fit(view)

        whiten_left, whiten_right = whitening(left), whitening(right)
        whitened = whiten_left.transform(left), whiten_right.transform(right)
        for count in components:
            kept = [view[:, :count] for view in whitened]
            rotation = PLSSVD(n_components=dimensions, scale=False).fit(*kept)
            codes = kept[0] @ rotation.x_weights_, kept[1] @ rotation.y_weights_
            scale = np.linalg.norm(codes[0], axis=0) * np.linalg.norm(codes[1], axis=0)
            correlations = (codes[0] * codes[1]).sum(axis=0) / scale
            yield cls(count, correlations, whiten_left, whiten_right, rotation)

    @classmethod
    def fit(cls, left: Any, right: Any, components: int, dimensions: int) -> Cca:
        """The fit for one number of components."""
        return next(cls.fits(left, right, (components,), dimensions))

    def left(self, views: Any) -> np.ndarray:
        """Codes of left views."""
        return self._whiten_left.transform(views)[:, : self.components] @ self._rotation.x_weights_

    def right(self, views: Any) -> np.ndarray:
        """Codes of right views."""
        return self._whiten_right.transform(views)[:, : self.components] @ self._rotation.y_weights_


def transfer(
    train_codes: np.ndarray, train_labels: np.ndarray, codes: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Which of `codes` a linear SVM fitted on other codes names right: `(n,)`."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(dual=False).fit(train_codes, train_labels)
    return machine.predict(codes) == labels


def cross_validated_transfer(
    left: np.ndarray, right: np.ndarray, labels: np.ndarray, folds: int = 5
) -> float:
    """Mean accuracy on the right codes of what was fitted on the left codes of other samples."""
    from sklearn.model_selection import StratifiedKFold

    splits = StratifiedKFold(folds, shuffle=True, random_state=0).split(left, labels)
    hits = [transfer(left[a], labels[a], right[b], labels[b]).mean() for a, b in splits]
    return float(np.mean(hits))


def cosines(queries: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Cosine of each query with each item: `(queries, items)`."""
    return _unit(queries) @ _unit(items).T


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def retrieval(scores: np.ndarray, relevant: np.ndarray) -> dict[str, np.ndarray]:
    """Per query: `r1` and `r10` (a relevant item among the first 1 or 10), `ap` (precision).

    Args:
        scores: `(queries, items)`, larger is nearer.
        relevant: booleans of the same shape; each query has at least one.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    hits = np.take_along_axis(relevant, order, axis=1)
    precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return {
        "r1": hits[:, 0].astype(float),
        "r10": hits[:, :10].any(axis=1).astype(float),
        "ap": (precision * hits).sum(axis=1) / hits.sum(axis=1),
    }


def ranks(queries: np.ndarray, items: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Rank, from 1, of item `answers[i]` among all items for query `i`, by cosine: `(queries,)`.

    Items as near as the answer count as before it.
    """
    found = []
    items = _unit(items)
    for start in range(0, len(queries), 1000):
        part = answers[start : start + 1000]
        scores = _unit(queries[start : start + 1000]) @ items.T
        own = scores[np.arange(len(scores)), part][:, None]
        found.append((scores >= own).sum(axis=1))
    return np.maximum(np.concatenate(found), 1)
