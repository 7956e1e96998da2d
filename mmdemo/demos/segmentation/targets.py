"""What a network is to say of each pixel, made of the map of labels that people drew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

NEAR = 5
"""Side of the square that must hold two things for its middle to be on a border."""


def of_labels(labels: np.ndarray, maps: Sequence[str]) -> np.ndarray:
    """Maps to learn.

    - `inside`: 1 where there is a thing.
    - `border`: 1 where two things are near each other: what a network must see to part them.
    - `distance`: how far a pixel of a thing is from the thing's edge, in parts of the farthest; 0
      outside. Its hills are as high in small things as in large ones.

    Args:
        labels: whole numbers `(h, w)`, 0 for none.
        maps: of the above.

    Returns:
        float32 `(h, w, maps)`, from 0 to 1.
    """
    made = {"inside": _inside, "border": _border, "distance": _distance}
    return np.stack([made[name](labels) for name in maps], axis=-1)


def _inside(labels: np.ndarray) -> np.ndarray:
    return (labels > 0).astype(np.float32)


def _border(labels: np.ndarray) -> np.ndarray:
    none = np.iinfo(np.int32).max
    numbers = labels.astype(np.int32)
    highest = ndimage.maximum_filter(numbers, NEAR)
    lowest = ndimage.minimum_filter(np.where(numbers > 0, numbers, none), NEAR)
    return ((lowest < highest) & (lowest < none)).astype(np.float32)


def _distance(labels: np.ndarray) -> np.ndarray:
    numbers = labels.astype(np.int32)
    # Pixels of another thing are as much outside as the background.
    deep = ndimage.maximum_filter(numbers, 3) == ndimage.minimum_filter(numbers, 3)
    within = (numbers > 0) & deep
    if within.all():  # nothing to be far from
        return np.ones(labels.shape, np.float32)
    far = (ndimage.distance_transform_edt(within) + 1) * (numbers > 0)
    count = int(numbers.max(initial=0))
    farthest = np.ones(count + 1)
    farthest[1:] = ndimage.maximum(far, numbers, np.arange(1, count + 1))
    return (far / np.maximum(farthest, 1)[numbers]).astype(np.float32)
