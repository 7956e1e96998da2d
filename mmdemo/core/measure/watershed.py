"""Things without a network: Otsu's threshold and a watershed, to be compared with."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

from mmdemo.core.data.outlined import Pictures

from .things import figures

APART = (3, 5, 8, 12)
"""Pixels between the hills of two things, as tried on held-out pictures."""


def classical(image: np.ndarray, apart: int, least: int = 30) -> np.ndarray:
    """Otsu's threshold, then a watershed of how far each pixel is from the edge.

    Things are what the smaller part of the picture is: bright on dark, or dark on bright.

    Args:
        image: uint8 `(h, w, 3)`.
        apart: pixels between two hills.
        least: pixels of the smallest thing.

    Returns:
        int32 `(h, w)`, 0 for none, 1 to n for each thing.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (0, 0), 1)
    if grey.min() == grey.max():
        return np.zeros(grey.shape, np.int32)
    mask = grey > threshold_otsu(grey)
    if mask.mean() > 0.5:
        mask = ~mask
    mask = ndimage.binary_fill_holes(mask)
    far = cv2.GaussianBlur(ndimage.distance_transform_edt(mask).astype(np.float32), (0, 0), 1)
    hills = peak_local_max(
        far, min_distance=apart, labels=mask.astype(np.int32), exclude_border=False
    )
    markers = np.zeros(grey.shape, np.int32)
    markers[tuple(hills.T)] = np.arange(1, len(hills) + 1)
    return without_small(watershed(-far, markers, mask=mask), least)


def chosen_apart(parts: Sequence[Pictures]) -> int:
    """How far apart the watershed alone wants hills, by the same."""

    def figure(apart: int) -> float:
        return float(
            np.mean(
                [
                    figures(part.labels, [classical(image, apart) for image in part.images])[
                        "mean_ap_50_95"
                    ]
                    for part in parts
                ]
            )
        )

    return max(APART, key=figure)


def without_small(labels: np.ndarray, least: int) -> np.ndarray:
    """The things of at least so many pixels, numbered anew from 1."""
    areas = np.bincount(labels.ravel())
    stays = areas >= least
    stays[0] = False
    numbers = np.cumsum(stays) * stays
    return numbers[labels].astype(np.int32)


def touching(mask: np.ndarray, corners: bool = False) -> np.ndarray:
    """Pixels that touch, at their corners too or not, numbered from 1, int32 `(h, w)`."""
    labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8 if corners else 4)[1]
    return np.asarray(labels)
