"""What CorrNet takes from a drawn digit: its halves, and how its strokes run. No Keras here."""

from __future__ import annotations

import numpy as np

from mmdemo.core.media.handwriting import SIDE

LEAST = 1e-4
"""Added to a probability before its logarithm."""


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right half of pictures `(..., 28, 28)`: `(..., 28, 14)` each."""
    return picture[..., : SIDE // 2], picture[..., SIDE // 2 :]


def signs(pictures: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """What tells a digit from another drawing, for `core.measure.unlike`, `(n, 1114)`.

    How strokes run, at half the size: the ink at each point, its square, and its products with that
    below, at the right, and at both diagonals. And the digits' probabilities, their logarithms
    and in order.

    Args:
        pictures: `(n, 28, 28)`.
        shares: probabilities of the ten digits, `(n, 10)`.
    """
    half = SIDE // 2
    ink = pictures.reshape(-1, half, 2, half, 2).mean(axis=(2, 4))
    products = (
        ink,
        ink**2,
        ink[:, 1:] * ink[:, :-1],
        ink[:, :, 1:] * ink[:, :, :-1],
        ink[:, 1:, 1:] * ink[:, :-1, :-1],
        ink[:, 1:, :-1] * ink[:, :-1, 1:],
    )
    runs = [part.reshape(len(ink), -1) for part in products]
    return np.concatenate([*runs, np.log(shares + LEAST), np.sort(shares, axis=1)], axis=1)
