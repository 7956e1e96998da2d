"""What each network is to say of a batch of pictures: boxes and labels as its outputs have them.

No Keras here. Boxes are in parts of the frame's sides, a list of `(k, 4)` per picture, and labels a
list of `(k,)`. Each function gives further inputs of the network, and what its outputs are to be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mmdemo.core.nets import boxes
from mmdemo.core.nets.region_targets import Proposing, Regions

from .codes import STRIDE, anchors, places
from .config import Config

NEAR = 1.5
"""Places of the map that a thing's centre reaches: those within answer for it (`points`)."""

Batch = list[np.ndarray]
Made = tuple[tuple[np.ndarray, ...], Any]


class Points:
    """Of the anchor-free head: classes, boxes with a weight, centre-ness with a weight."""

    def __init__(self, config: Config) -> None:
        self.places = places(config)
        self.near = NEAR * STRIDE / np.array([config.input.width, config.input.height])
        self.classes = config.network.classes

    def __call__(self, true: Batch, labels: Batch, _: Batch, rng: np.random.Generator) -> Made:
        made = [self._of(edges, known) for edges, known in zip(true, labels, strict=True)]
        return (), tuple(np.stack(part) for part in zip(*made, strict=True))

    def _of(self, true: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, ...]:
        count = len(self.places)
        classes = np.zeros((count, self.classes), np.float32)
        edges = np.zeros((count, 5), np.float32)
        centre = np.zeros((count, 2), np.float32)
        if len(true) == 0:
            return classes, edges, centre
        centres = (true[:, :2] + true[:, 2:]) / 2
        off = np.abs(self.places[:, None] - centres)  # (P, k, 2)
        to_low = self.places[:, None] - true[:, :2]
        to_high = true[:, 2:] - self.places[:, None]
        inside = (np.minimum(to_low, to_high) > 0).all(axis=2) & (off <= self.near).all(axis=2)
        # However small a thing is, the place that is nearest answers for it.
        nearest = (off**2).sum(axis=2).argmin(axis=0)
        inside[nearest, np.arange(len(true))] = True
        areas = np.where(inside, boxes.area(true), np.inf)
        chosen = areas.argmin(axis=1)  # of several, the smallest
        holds = np.flatnonzero(inside.any(axis=1))
        thing = chosen[holds]
        classes[holds, labels[thing]] = 1
        low, high = to_low[holds, thing], to_high[holds, thing]
        ratio = np.minimum(low, high) / np.maximum(np.maximum(low, high), 1e-6)
        ness = np.sqrt(np.clip(ratio, 0, 1).prod(axis=1))
        edges[holds, :4], edges[holds, 4] = true[thing], np.maximum(ness, 0.05)
        centre[holds, 0], centre[holds, 1] = ness, 1
        return classes, edges, centre


class Cells:
    """Of YOLO: in the cell where a thing's centre is, its place, its size and its class.

    Of two things in one cell, the later one is lost.
    """

    def __init__(self, config: Config) -> None:
        self.grid = config.network.grid
        self.classes = config.network.classes

    def __call__(self, true: Batch, labels: Batch, _: Batch, rng: np.random.Generator) -> Made:
        made = np.zeros((len(true), self.grid, self.grid, 5 + self.classes), np.float32)
        for cells, edges, known in zip(made, true, labels, strict=True):
            for box, label in zip(edges, known, strict=True):
                centre = (box[:2] + box[2:]) / 2 * self.grid
                column, row = np.minimum(centre.astype(int), self.grid - 1)
                vector = np.zeros(5 + self.classes, np.float32)
                vector[:2] = centre - (column, row)
                vector[2:4], vector[4], vector[5 + label] = box[2:] - box[:2], 1, 1
                cells[row, column] = vector
        return (), made


def regions(config: Config) -> Regions:
    """Of Fast R-CNN."""
    return Regions(config.training.regions, config.network.classes)


def proposing(config: Config) -> Proposing:
    """Of the region proposal network."""
    return Proposing(anchors(config))


class Both:
    """Of Faster R-CNN: what `Regions` and `Proposing` make."""

    def __init__(self, config: Config) -> None:
        self.regions, self.proposing = regions(config), proposing(config)

    def __call__(
        self, true: Batch, labels: Batch, proposed: Batch, rng: np.random.Generator
    ) -> Made:
        inputs, regions = self.regions(true, labels, proposed, rng)
        _, anchored = self.proposing(true, labels, proposed, rng)
        return inputs, (*regions, *anchored)


OF: dict[str, Any] = {
    "points": Points,
    "yolo": Cells,
    "fast_rcnn": regions,
    "faster_rcnn": Both,
}
"""By the network that learns them; of R-CNN see `rcnn`."""
