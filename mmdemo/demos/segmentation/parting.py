"""From maps to things: which pixels belong together. No Keras here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

LEVELS = 100
"""Steps of the hills that water rises by: the watershed of whole numbers is faster."""


@dataclass(frozen=True)
class Parting:
    """How things are made of maps; held-out pictures choose it.

    Attributes:
        threshold: of `inside`, from which on a pixel is in a thing.
        top: height from which on a hill of the distance is a thing of its own; ignored, as the
            next, where the network says no distance.
        part: pixels from which on parts that such a hill has higher up are things of their own; 0
            where it never comes apart.
        least: pixels of the smallest thing.
    """

    threshold: float = 0.5
    top: float = 0.35
    part: int = 0
    least: int = 12


THRESHOLDS = (0.5, 0.6)
TOPS = (0.25, 0.3, 0.35, 0.4, 0.5)
PARTS = (0, 20, 40)
LEAST = (8, 16, 30)


def choices(maps: Sequence[str]) -> Iterator[Parting]:
    """What is tried on held-out pictures, each with every one of `LEAST`."""
    hills = itertools.product(TOPS, PARTS) if "distance" in maps else [(1.0, 0)]
    for threshold, (top, part) in itertools.product(THRESHOLDS, hills):
        yield Parting(threshold, top, part, min(LEAST))


def things(said: np.ndarray, maps: Sequence[str], how: Parting) -> np.ndarray:
    """Part what a network says into things.

    With a distance, each of its hills that is high enough is a thing; it grows until it meets
    another (watershed, Beucher and Lantuéjoul 1979). Without one, pixels that touch are one thing.

    Args:
        said: float32 `(h, w, maps)`, from 0 to 1.
        maps: what each of them is.
        how: thresholds.

    Returns:
        int32 `(h, w)`: 0 for none, 1 to n for each thing.
    """
    mask = said[..., maps.index("inside")] > how.threshold
    if "distance" not in maps:
        return without_small(_touching(mask), how.least)
    hills = said[..., maps.index("distance")].copy()
    if "border" in maps:
        hills *= 1 - said[..., maps.index("border")]
    # The mean of 3 x 3 neighbours, so that a pixel's whim is no hill.
    hills = cv2.blur(hills, (3, 3))
    markers = _middles(hills * mask, how.top, how.part)
    parted = watershed(-np.round(LEVELS * hills).astype(np.int16), markers, mask=mask)
    # A thing without a hill of its own is one, too.
    alone = _touching(mask & (parted == 0))
    parted = np.where(alone > 0, alone + parted.max(initial=0), parted)
    return without_small(parted, how.least)


STEP = 0.1
"""Of the heights at which a hill may come apart."""


def _middles(hills: np.ndarray, top: float, part: int) -> np.ndarray:
    """The middles of things, numbered from 1: hills, and what large hills come apart into.

    Args:
        hills: `(h, w)`, from 0 to 1.
        top, part: as in `Parting`.
    """
    middles = _touching(hills > top, corners=True)
    for level in np.arange(top + STEP, 1, STEP) if part else ():
        higher = _touching(hills > level, corners=True)
        areas = np.bincount(higher.ravel())
        large = areas >= part
        large[0] = False
        below = np.zeros(len(areas), int)  # the hill that each stands on
        below[higher] = middles
        parts = np.bincount(below[large], minlength=middles.max() + 1)
        apart = parts >= 2
        apart[0] = False
        ours = (large & apart[below])[higher]
        middles = np.where(apart[middles], 0, middles)
        middles = np.where(ours, higher + len(parts), middles)
        middles = np.unique(middles, return_inverse=True)[1].reshape(hills.shape)
    return middles.astype(np.int32)


def without_small(labels: np.ndarray, least: int) -> np.ndarray:
    """The things of at least so many pixels, numbered anew from 1."""
    areas = np.bincount(labels.ravel())
    stays = areas >= least
    stays[0] = False
    numbers = np.cumsum(stays) * stays
    return numbers[labels].astype(np.int32)


def _touching(mask: np.ndarray, corners: bool = False) -> np.ndarray:
    """Pixels that touch, at their corners too or not, numbered from 1, int32 `(h, w)`."""
    labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8 if corners else 4)[1]
    return np.asarray(labels)


# === Without a network ===

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
        int32 `(h, w)`, as `things`.
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
