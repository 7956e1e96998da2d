"""Boxes that do not look at the photo: what a network must be better than."""

from __future__ import annotations

import numpy as np

from mmdemo.core.data.photos import Photos
from mmdemo.core.nets import boxes

from . import outputs
from .data import WHOLE

GRID = 32
"""Steps to a side in the search for the best fixed box."""


def baselines(known: Photos, test: Photos) -> dict[str, np.ndarray]:
    """Boxes of the test photos by method, `(n, 4)` each.

    Args:
        known: whose boxes choose the fixed ones.
        test: of which nothing but the classes is looked at, by the method that is told them.
    """
    of_class = [
        centred_box(known.boxes[known.labels == label]) for label in range(len(known.names))
    ]
    return {
        "centred_box": np.broadcast_to(centred_box(known.boxes), test.boxes.shape),
        "centred_box_of_class": np.array(of_class)[test.labels],
        "whole_photo": np.broadcast_to(WHOLE, test.boxes.shape),
    }


def centred_box(known: np.ndarray) -> np.ndarray:
    """The centred box, `(4,)`, that is right for most of the known ones `(n, 4)`."""
    sides = np.arange(1, GRID + 1) / GRID
    sizes = np.stack(np.meshgrid(sides, sides), axis=-1).reshape(-1, 2)
    candidates = boxes.to_corners(np.concatenate([np.full_like(sizes, 0.5), sizes], axis=1))
    right = [outputs.right(box, known) for box in candidates]
    return candidates[int(np.argmax(right))]
