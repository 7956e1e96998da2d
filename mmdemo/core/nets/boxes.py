"""Boxes around things: geometry in NumPy, losses in Keras.

A box is left, top, right and bottom, in parts of the picture's sides from 0 to 1 unless said
otherwise; an array of boxes has them on its last axis. Importing this module does not import Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

# What boxes are measured with is geometry of theirs, too.
from mmdemo.core.measure.detection import area as area
from mmdemo.core.measure.detection import iou as iou
from mmdemo.core.measure.detection import overlap as overlap
from mmdemo.core.measure.detection import pairwise_iou as pairwise_iou

if TYPE_CHECKING:
    import keras

TINIEST = 1e-7
"""Added to areas that are divided by: a box without any is no reason for infinity."""
SOFTNESS = 0.1
"""Of the count of hits: so much IoU above one half, a box counts as wrong by a quarter only."""


# === Geometry ===


def to_corners(boxes: np.ndarray) -> np.ndarray:
    """x and y of the centre, width and height, to corners."""
    centre, size = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([centre - size / 2, centre + size / 2], axis=-1)


def mirror(boxes: np.ndarray) -> np.ndarray:
    """Where boxes lie in the picture's mirror image, left for right."""
    left, top, right, bottom = np.moveaxis(boxes, -1, 0)
    return np.stack([1 - right, top, 1 - left, bottom], axis=-1)


def within(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Boxes in parts of a window's sides, cut off at its edges.

    Args:
        boxes: `(..., 4)`, in parts of the whole picture's sides.
        window: `(4,)`, in the same; of some area.
    """
    origin, size = window[:2], window[2:] - window[:2]
    return np.clip((boxes - np.tile(origin, 2)) / np.tile(size, 2), 0, 1)


def visible(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Part of each box's area that lies in a window, `(...)`; 0 for a box without an area."""
    whole = area(boxes)
    return area(overlap(boxes, window)) / np.where(whole > 0, whole, 1)


def to_pixels(box: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """A box of a picture in whole pixels, one wide and high at least.

    Args:
        box: `(4,)` in parts of the picture's sides.
        width, height: of the picture.
    """
    left, top, right, bottom = np.clip(box, 0, 1) * (width, height, width, height)
    left, top = min(round(left), width - 1), min(round(top), height - 1)
    return left, top, max(round(right), left + 1), max(round(bottom), top + 1)


# === Losses ===
#
# Each takes true and predicted corners `(B, 4)` and gives one number per box, `(B,)`, as a Keras
# loss does. Edges the wrong way round count as a box without an area.


def mse_loss(true: Any, predicted: Any) -> keras.KerasTensor:
    """Mean squared error of x and y of the centre, width and height."""
    from keras import ops

    wrong = predicted - ops.cast(true, predicted.dtype)
    centre = (wrong[..., :2] + wrong[..., 2:]) / 2
    size = wrong[..., 2:] - wrong[..., :2]
    return ops.mean(ops.square(ops.concatenate([centre, size], axis=-1)), axis=-1)


def l1_loss(true: Any, predicted: Any) -> keras.KerasTensor:
    """Mean absolute error of the four edges."""
    from keras import ops

    return ops.mean(ops.absolute(predicted - ops.cast(true, predicted.dtype)), axis=-1)


def giou_loss(true: Any, predicted: Any) -> keras.KerasTensor:
    """1 less the generalised intersection over union, from 0 to 2.

    Rezatofighi et al. 2019, "Generalized Intersection over Union". Unlike 1 - IoU, it tells boxes
    that do not touch how far they are apart.
    """
    overlap, outside = _overlap(true, predicted)
    return 1 - overlap + outside


def l1_giou_loss(true: Any, predicted: Any) -> keras.KerasTensor:
    """Both, as DETR weighs them to each other (Carion et al. 2020: 5 per edge against 2)."""
    return 10 * l1_loss(true, predicted) + giou_loss(true, predicted)


def hit_loss(true: Any, predicted: Any) -> keras.KerasTensor:
    """A smooth count of the boxes whose IoU is below one half, and a fifth of `l1_giou_loss`.

    Where boxes are judged by that limit, an IoU of 0.6 is worth no less than one of 0.9. The other
    loss shows the way where the count is flat.
    """
    from keras import ops

    overlap, _ = _overlap(true, predicted)
    return ops.sigmoid((0.5 - overlap) / SOFTNESS) + l1_giou_loss(true, predicted) / 5


def _overlap(true: Any, predicted: Any) -> tuple[Any, Any]:
    """Intersection over union, and the part of both boxes' hull that is outside of the union."""
    from keras import ops

    true = ops.cast(true, predicted.dtype)

    def area(low: Any, high: Any) -> Any:
        sides = ops.maximum(high - low, 0)
        return sides[..., 0] * sides[..., 1]

    a, b, c, d = true[..., :2], true[..., 2:], predicted[..., :2], predicted[..., 2:]
    shared = area(ops.maximum(a, c), ops.minimum(b, d))
    union = area(a, b) + area(c, d) - shared
    hull = area(ops.minimum(a, c), ops.maximum(b, d))
    return shared / (union + TINIEST), (hull - union) / (hull + TINIEST)


LOSSES = {"mse": mse_loss, "giou": giou_loss, "l1+giou": l1_giou_loss, "hit": hit_loss}
"""By the name that a configuration gives."""
