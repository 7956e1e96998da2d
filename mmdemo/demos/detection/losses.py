"""Losses, each of an output and of what `targets` makes for it. Importing this imports Keras.

Each gives one number for a batch: what is summed over a picture's places is divided by how many of
them hold something, which differs from picture to picture.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from mmdemo.core.nets.boxes import giou_loss
from mmdemo.core.nets.region_losses import cross_entropy

Loss = Callable[[Any, Any], Any]

ALPHA, GAMMA = 0.25, 2.0
"""Of the focal loss: weight of what is there, and how little is learnt of what is known."""
COORDINATES, NOTHING = 5.0, 0.5
"""Of YOLO's loss: weight of places and sizes, and of the confidence where nothing is."""


# === Anchor-free ===


def focal(true: Any, logits: Any) -> Any:
    """Of classes `(B, P, C)`: Lin et al. 2017, "Focal Loss for Dense Object Detection"."""
    true = ops.cast(true, logits.dtype)
    cross = cross_entropy(true, logits)
    right = ops.sigmoid(ops.where(true > 0.5, logits, -logits))
    weight = ops.where(true > 0.5, ALPHA, 1 - ALPHA) * ops.power(1 - right, GAMMA)
    return ops.sum(weight * cross) / ops.maximum(ops.sum(true), 1)


def weighted_giou(true: Any, boxes: Any) -> Any:
    """Of boxes `(B, P, 4)`; the true ones carry a weight, `(B, P, 5)`: 0 where nothing is."""
    weight = true[..., 4]
    lost = giou_loss(true[..., :4], boxes)
    return ops.sum(weight * lost) / ops.maximum(ops.sum(weight), 1)


def centre_ness(true: Any, logits: Any) -> Any:
    """Of logits `(B, P, 1)`; the true values carry a weight, `(B, P, 2)`."""
    value, weight = true[..., :1], true[..., 1:]
    return ops.sum(weight * cross_entropy(value, logits)) / ops.maximum(ops.sum(weight), 1)


# === YOLO ===


def yolo(boxes: int) -> Loss:
    """Redmon et al. 2016, "You Only Look Once": the sum of squares of five parts.

    The true cells, `(B, grid, grid, 5 + C)`, hold x and y in the cell, width and height in parts
    of the picture's, 1 where something is, and its class. Of a cell's boxes, the one that overlaps
    most with the thing answers for it, and its confidence is to be how much that is.

    Args:
        boxes: that a cell predicts.
    """

    def loss(true: Any, cells: Any) -> Any:
        true = ops.cast(true, cells.dtype)
        grid = cells.shape[1]
        there, sides = true[..., 4], true[..., 2:4]  # (B, grid, grid)
        said = ops.reshape(cells[..., : boxes * 5], (-1, grid, grid, boxes, 5))
        place = ops.expand_dims(true[..., :2], 3)
        roots = ops.sqrt(ops.expand_dims(sides, 3))

        # Overlaps, in parts of the picture: a cell's corner falls out of the differences.
        half = ops.expand_dims(sides, 3) / 2
        mine = ops.square(said[..., 2:4]) / 2
        low = ops.maximum(place / grid - half, said[..., :2] / grid - mine)
        high = ops.minimum(place / grid + half, said[..., :2] / grid + mine)
        shared = ops.prod(ops.maximum(high - low, 0), axis=-1)
        both = ops.prod(2 * half, axis=-1) + ops.prod(2 * mine, axis=-1)
        overlap = ops.stop_gradient(shared / ops.maximum(both - shared, 1e-7))

        # Where none overlaps, the one that is least wrong (as in the authors' code).
        wrong = ops.sum(ops.square(place - said[..., :2]), axis=-1)
        wrong = wrong + ops.sum(ops.square(roots - said[..., 2:4]), axis=-1)
        fitness = overlap - 1e-3 * ops.stop_gradient(ops.minimum(wrong, 100.0))
        best = ops.one_hot(ops.argmax(fitness, axis=-1), boxes, dtype=cells.dtype)
        answers = best * ops.expand_dims(there, -1)  # (B, grid, grid, boxes)

        confidence = ops.square(said[..., 4] - overlap)
        empty = ops.square(said[..., 4])
        classes = ops.sum(ops.square(cells[..., boxes * 5 :] - true[..., 5:]), axis=-1)
        total = ops.sum(answers * (COORDINATES * wrong + confidence))
        total = total + NOTHING * ops.sum((1 - answers) * empty) + ops.sum(there * classes)
        return total / ops.cast(ops.shape(cells)[0], cells.dtype)

    return loss
