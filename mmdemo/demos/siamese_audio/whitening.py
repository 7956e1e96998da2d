"""Evening out how recordings of one kind scatter, so that no direction outweighs the others."""

from __future__ import annotations

import numpy as np

RIDGE = 0.01
"""Of the largest variance, added to all: directions without any must not grow without bound."""


def fit(vectors: np.ndarray, kinds: np.ndarray, power: float) -> tuple[np.ndarray, np.ndarray]:
    """A linear map after which recordings of one kind scatter more evenly; on average of length 1.

    Within-class covariance normalisation (Hatch, Kajarekar, Stolcke 2006, "Within-class covariance
    normalization for SVM-based speaker recognition"), in part.

    Args:
        vectors: `(N, d)`, of training recordings.
        kinds: `(N,)`.
        power: of the inverse covariance; .5 makes it the identity.

    Returns:
        Kernel `(d, d)` and bias `(d,)`, float32.
    """
    mean, deviations = vectors.mean(axis=0), vectors.std(axis=0)
    deviations = deviations + 1e-3 * deviations.max()
    scaled = (vectors - mean) / deviations
    parts = [scaled[kinds == kind] for kind in np.unique(kinds)]
    covariance = np.mean([np.cov(part.T) for part in parts if len(part) > 1], axis=0)
    variances, directions = np.linalg.eigh(covariance)
    variances = np.maximum(variances, 0)
    kernel = directions * (variances + RIDGE * variances.max()) ** -power
    kernel /= deviations[:, None]
    kernel /= np.linalg.norm((vectors - mean) @ kernel, axis=1).mean()
    return kernel.astype(np.float32), (-mean @ kernel).astype(np.float32)
