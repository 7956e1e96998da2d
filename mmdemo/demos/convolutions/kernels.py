"""Kernels with a name, as image processing has them."""

from __future__ import annotations

import numpy as np

from mmdemo.core.language import N_


def gabor(side: int = 7, wavelength: float = 4.0, angle: float = np.pi / 4) -> np.ndarray:
    """A wave under a bell, `(side, side)`, of mean 0: it answers to stripes of one direction.

    Daugman 1985, "Uncertainty relation for resolution in space, spatial frequency, and orientation
    optimized by two-dimensional visual cortical filters".

    Args:
        side: of the kernel, an odd number.
        wavelength: of the stripes, in pixels.
        angle: of the direction across the stripes, in radians.
    """
    rows, columns = np.mgrid[:side, :side] - side // 2
    across = columns * np.cos(angle) + rows * np.sin(angle)
    bell = np.exp(-(rows**2 + columns**2) / (2 * (side / 4) ** 2))
    wave = bell * np.cos(2 * np.pi * across / wavelength)
    wave -= bell * wave.sum() / bell.sum()
    return wave / np.abs(wave).sum() * 2


def _blur(side: int = 5) -> np.ndarray:
    line = np.array([1.0])
    for _ in range(side - 1):
        line = np.convolve(line, [0.5, 0.5])  # a row of Pascal's triangle, close to a bell
    return np.outer(line, line)


KERNELS: dict[str, np.ndarray] = {
    "blur": _blur(),
    "edge": np.array([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 4,
    "vertical_edge": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 2,
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "emboss": np.array([[-2.0, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    "gabor": gabor(),
}
"""Square, of an odd side. A kernel of sum 1 keeps brightness, one of sum 0 keeps differences."""
NAMES = {
    "blur": N_("Blur (5 x 5, binomial)"),
    "edge": N_("Edges in all directions (Laplace)"),
    "vertical_edge": N_("Vertical edges (Sobel)"),
    "sharpen": N_("Sharpen"),
    "emboss": N_("Emboss"),
    "gabor": N_("Gabor (7 x 7, diagonal stripes)"),
}


def taken_apart(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The column and the row whose product is nearest to a kernel, by its first singular values.

    Returns:
        Column `(k,)`, row `(k,)`, and the share of the kernel's energy that they hold, 0 to 1.
    """
    left, strengths, right = np.linalg.svd(kernel)
    root = np.sqrt(strengths[0])
    share = float(strengths[0] ** 2 / (strengths**2).sum())
    return left[:, 0] * root, right[0] * root, share
