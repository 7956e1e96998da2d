"""From maps to things: which pixels belong together. No Keras here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from skimage.segmentation import watershed

from mmdemo.core.measure.watershed import touching, without_small

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
        return without_small(touching(mask), how.least)
    hills = said[..., maps.index("distance")].copy()
    if "border" in maps:
        hills *= 1 - said[..., maps.index("border")]
    # The mean of 3 x 3 neighbours, so that a pixel's whim is no hill.
    hills = cv2.blur(hills, (3, 3))
    markers = _middles(hills * mask, how.top, how.part)
    parted = watershed(-np.round(LEVELS * hills).astype(np.int16), markers, mask=mask)
    # A thing without a hill of its own is one, too.
    alone = touching(mask & (parted == 0))
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
    middles = touching(hills > top, corners=True)
    for level in np.arange(top + STEP, 1, STEP) if part else ():
        higher = touching(hills > level, corners=True)
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
        middles = without_small(middles, 1)  # numbered anew
    return middles
