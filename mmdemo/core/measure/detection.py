"""How well boxes are found: average precision as COCO defines it.

Lin et al. 2014, "Microsoft COCO: Common Objects in Context", and its evaluation code: every box
that is found counts in the order of its score, over all pictures; it is right where it overlaps
enough with a true box of its class that no likelier one has taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

OVERLAPS = np.linspace(0.5, 0.95, 10)
"""IoU from which on a box counts as right; COCO's figure is the mean over these."""
MOST = 100
"""Boxes of a class in a picture that count, the likeliest ones."""
RECALLS = np.linspace(0, 1, 101)
"""At which precision is read."""


@dataclass(frozen=True)
class Found:
    """Boxes in one picture.

    Attributes:
        boxes: `(n, 4)`.
        labels: int `(n,)`.
        scores: `(n,)`; of true boxes they say nothing.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray

    def of(self, label: int) -> Found:
        """Those of one class."""
        rows = self.labels == label
        return Found(self.boxes[rows], self.labels[rows], self.scores[rows])


def average_precisions(
    found: Sequence[Found], true: Sequence[Found], classes: int, overlaps: np.ndarray = OVERLAPS
) -> np.ndarray:
    """Average precision of each class at each overlap.

    Args:
        found: of each picture.
        true: of each picture.
        classes: how many there are.
        overlaps: IoU from which on a box counts as right.

    Returns:
        `(classes, len(overlaps))`; NaN for a class of which there is no true box.
    """
    return np.array(
        [
            _class_precisions(
                [each.of(label) for each in found], [each.of(label) for each in true], overlaps
            )
            for label in range(classes)
        ]
    )


def _class_precisions(
    found: Sequence[Found], true: Sequence[Found], overlaps: np.ndarray
) -> np.ndarray:
    count = sum(len(each.boxes) for each in true)
    if count == 0:
        return np.full(len(overlaps), np.nan)
    scores, hits = [], []
    for ours, theirs in zip(found, true, strict=True):
        order = np.argsort(-ours.scores, kind="stable")[:MOST]
        scores.append(ours.scores[order])
        hits.append(matched(ours.boxes[order], theirs.boxes, overlaps))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    right = np.concatenate(hits, axis=1)[:, order]  # (overlaps, n)
    return np.array([_area(each, count) for each in right])


def matched(found: np.ndarray, true: np.ndarray, overlaps: np.ndarray) -> np.ndarray:
    """Which boxes are right: each true box is taken once, by the first that fits it best.

    Args:
        found: `(n, 4)`, the likeliest first.
        true: `(m, 4)`.
        overlaps: IoU from which on one counts as right.

    Returns:
        bool `(len(overlaps), n)`.
    """
    right = np.zeros((len(overlaps), len(found)), bool)
    if len(found) == 0 or len(true) == 0:
        return right
    pairs = pairwise_iou(found, true)
    for place, overlap in enumerate(overlaps):
        free = np.ones(len(true), bool)
        for row, values in enumerate(pairs):
            best = int(np.where(free, values, -1).argmax())
            if free[best] and values[best] >= overlap:
                free[best] = False
                right[place, row] = True
    return right


def pairwise_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair, from 0 to 1.

    Args:
        a: boxes `(n, 4)`: left, top, right, bottom.
        b: `(m, 4)`.

    Returns:
        `(n, m)`; 0 where neither box has an area.
    """
    return iou(a[:, None], b[None])


def area(boxes: np.ndarray) -> np.ndarray:
    """Of each box, `(...)`; 0 for one whose edges are the wrong way round."""
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The part that two boxes share, `(..., 4)`; of no area where they share none."""
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., 2:], b[..., 2:])
    return np.concatenate([low, np.maximum(high, low)], axis=-1)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union, from 0 to 1.

    Args:
        a, b: `(..., 4)`; the leading axes are broadcast: `iou(a[:, None], b[None])` compares every
            pair.

    Returns:
        `(...)`; 0 where neither box has an area.
    """
    shared = area(overlap(a, b))
    union = area(a) + area(b) - shared
    return shared / np.where(union > 0, union, 1)


def _area(right: np.ndarray, count: int) -> float:
    """Mean precision at `RECALLS`: the best that is reached at this recall or a higher one."""
    if len(right) == 0:
        return 0.0
    hits = np.cumsum(right)
    recall = hits / count
    precision = hits / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS, side="left")
    read = precision[np.minimum(places, len(precision) - 1)]
    return float(np.where(places < len(precision), read, 0).mean())
