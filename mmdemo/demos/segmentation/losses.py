"""What a network is told of its mistakes. Importing this module imports Keras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import ops

Loss = Callable[[Any, Any], Any]
"""What is to be said and what is said, of each pixel, to a number for each crop."""
RARE = {"inside": 1.0, "border": 4.0, "distance": 1.0}
"""How much more a pixel on a map counts than one beside it: borders are thin."""
_LEAST = 1e-6


def of_maps(maps: Sequence[str]) -> Loss:
    """Cross-entropy of each map, and of `inside` the Dice loss, too.

    Milletari et al. 2016, "V-Net": the shared area in parts of both, whatever the background.
    """
    inside = list(maps).index("inside")

    def total(wanted: Any, said: Any) -> Any:
        rare = ops.convert_to_tensor(np.array([RARE[name] for name in maps], np.float32))
        said = ops.clip(said, _LEAST, 1 - _LEAST)
        entropy = -(rare * wanted * ops.log(said) + (1 - wanted) * ops.log(1 - said))
        here, there = wanted[..., inside], said[..., inside]
        shared = ops.sum(here * there, axis=(1, 2))
        areas = ops.sum(here, axis=(1, 2)) + ops.sum(there, axis=(1, 2))
        missed = 1 - (2 * shared + 1) / (areas + 1)
        return ops.mean(entropy, axis=(1, 2, 3)) * len(maps) + missed

    return total


def of_kinds(weights: np.ndarray) -> Loss:
    """Cross-entropy of the kinds that are known; pixels of others, as `VOID`, are left out.

    Args:
        weights: of each kind, `(kinds,)`.
    """
    count = len(weights)

    def total(wanted: Any, said: Any) -> Any:
        wanted = ops.cast(ops.squeeze(wanted, -1), "int32")
        wanted = ops.where(wanted < count, wanted, -1)  # of which `one_hot` makes zeros
        known = ops.one_hot(wanted, count) * ops.convert_to_tensor(weights.astype("float32"))
        entropy = -ops.sum(known * ops.log(ops.clip(said, _LEAST, 1)), axis=(1, 2, 3))
        return entropy / (ops.sum(known, axis=(1, 2, 3)) + 1)

    return total


def rarity(labels: Sequence[np.ndarray], count: int) -> np.ndarray:
    """Weights by which rare kinds count more, `(kinds,)`: 1 / log(1.02 + share), with mean 1.

    Paszke et al. 2016, "ENet".
    """
    pixels = pixels_of(labels, count)
    weights = 1 / np.log(1.02 + pixels / max(pixels.sum(), 1))
    return np.asarray(weights / weights.mean())


def pixels_of(labels: Sequence[np.ndarray], count: int) -> np.ndarray:
    """How many pixels each kind has, `(kinds,)`."""
    return np.sum([np.bincount(each.ravel(), minlength=count)[:count] for each in labels], axis=0)
