"""What a network that looks at regions is to say of them (Girshick 2015; Ren et al. 2015).

No Keras here. Boxes are in parts of the frame's sides, a list of `(k, 4)` per picture, and labels a
list of `(k,)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmdemo.core.nets import boxes
from mmdemo.core.nets.regions import encode

IS_THING = 0.5
"""IoU with a true box from which on a region shows the thing; below it, nothing."""
ANCHOR_IS, ANCHOR_IS_NOT = 0.6, 0.3
"""IoU from which on an anchor is to propose, and below which it is not to."""
ANCHORS = 256
"""Anchors of a picture that a step learns from, half of them with a thing, where there are."""
SHARE = 0.25
"""Of a picture's regions, those with a thing, at most."""

Batch = list[np.ndarray]
Made = tuple[tuple[np.ndarray, ...], Any]


class Regions:
    """Of Fast R-CNN: some regions of each picture, their classes, and changes with a weight.

    A quarter of them show a thing, where there are so many; true boxes are among the regions.

    Args:
        count: regions of a picture; where there are fewer, rows of zeros fill it up.
        classes: kinds of things.
    """

    def __init__(self, count: int, classes: int) -> None:
        self.count = count
        self.classes = classes

    def __call__(
        self, true: Batch, labels: Batch, proposed: Batch, rng: np.random.Generator
    ) -> Made:
        made = [self.of(*each, rng)[:3] for each in zip(true, labels, proposed, strict=True)]
        regions, classes, changes = (np.stack(part) for part in zip(*made, strict=True))
        return (regions,), (classes, changes)

    def of(
        self, true: np.ndarray, labels: np.ndarray, proposed: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of one picture: regions `(count, 4)`, classes, changes, and what the first of them show.

        The last are rows of `true`, one for each region that shows a thing.
        """
        candidates = np.concatenate([true, proposed]).astype(np.float32)
        regions = np.zeros((self.count, 4), np.float32)
        classes = np.zeros((self.count, 1 + self.classes), np.float32)
        changes = np.zeros((self.count, self.classes, 5), np.float32)
        if len(candidates) == 0:
            return regions, classes, changes, np.zeros(0, int)
        if len(true):
            overlaps = boxes.pairwise_iou(candidates, true)
            thing, overlap = overlaps.argmax(axis=1), overlaps.max(axis=1)
        else:
            thing, overlap = np.zeros(len(candidates), int), np.zeros(len(candidates))
        shows = _some(np.flatnonzero(overlap >= IS_THING), int(SHARE * self.count), rng)
        nothing = np.flatnonzero(overlap < IS_THING)
        rest = _some(nothing, self.count - len(shows), rng)
        chosen = np.concatenate([shows, rest])
        regions[: len(chosen)] = candidates[chosen]
        held = np.arange(len(shows))
        if len(shows):
            known = labels[thing[shows]]
            classes[held, 1 + known] = 1
            changes[held, known, :4] = encode(true[thing[shows]], candidates[shows])
            changes[held, known, 4] = 1
        classes[len(shows) : len(chosen), 0] = 1
        return regions, classes, changes, thing[shows]


class Proposing:
    """Of the region proposal network: each anchor's objectness and changes, with weights.

    Args:
        anchors: `(A, 4)`.
    """

    def __init__(self, anchors: np.ndarray) -> None:
        self.anchors = anchors

    def __call__(self, true: Batch, labels: Batch, _: Batch, rng: np.random.Generator) -> Made:
        made = [self.of(edges, rng) for edges in true]
        return (), tuple(np.stack(part) for part in zip(*made, strict=True))

    def of(self, true: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Of one picture: objectness `(A, 2)` and changes `(A, 5)`."""
        count = len(self.anchors)
        objectness = np.zeros((count, 2), np.float32)
        changes = np.zeros((count, 5), np.float32)
        if len(true):
            overlaps = boxes.pairwise_iou(self.anchors, true)  # (A, k)
            thing, overlap = overlaps.argmax(axis=1), overlaps.max(axis=1)
            is_thing = overlap >= ANCHOR_IS
            # Each thing has the anchors that fit it best, however badly they do.
            is_thing |= ((overlaps == overlaps.max(axis=0)) & (overlaps > 0)).any(axis=1)
        else:
            thing, overlap = np.zeros(count, int), np.zeros(count)
            is_thing = np.zeros(count, bool)
        shows = _some(np.flatnonzero(is_thing), ANCHORS // 2, rng)
        nothing = np.flatnonzero(~is_thing & (overlap < ANCHOR_IS_NOT))
        nothing = _some(nothing, ANCHORS - len(shows), rng)
        objectness[shows], objectness[nothing] = (1, 1), (0, 1)
        if len(shows):
            changes[shows, :4] = encode(true[thing[shows]], self.anchors[shows])
            changes[shows, 4] = 1
        return objectness, changes


def _some(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most `count` of them, by chance."""
    return rows if len(rows) <= count else rng.choice(rows, count, replace=False)
