"""Regions of a picture, such as things that were cut out: where each is, and how large."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np


@dataclass(frozen=True)
class Region:
    """A thing, or all that there is of a kind.

    Attributes:
        name: of its kind.
        area: in pixels of the picture, in its own size.
        share: of the picture's area.
        score: how sure it is, from 0 to 1; 1 where no network was asked.
        centre: x and y of its middle, in parts of the picture's sides.
    """

    name: str
    area: float
    share: float
    score: float
    centre: tuple[float, float]


@dataclass(frozen=True)
class Regions:
    """What belongs to what in a picture.

    Attributes:
        labels: int32 `(h, w)`: 0 for none, `k` for `regions[k - 1]`; in the size that was looked
            at.
        regions: the things.
        names: the kinds that there can be.
        width, height: of the picture, upright and in its own size, in pixels.
    """

    labels: np.ndarray
    regions: tuple[Region, ...]
    names: tuple[str, ...]
    width: int
    height: int

    def counts(self) -> dict[str, int]:
        """How many regions of each kind there are."""
        return {name: sum(region.name == name for region in self.regions) for name in self.names}

    def to_dict(self) -> dict[str, Any]:
        """Counts, measures and the map of labels as JSON; middles in pixels of the picture.

        The map is a PNG in base64, grey with 16 bits, in the size that was looked at: 0 for none,
        and the places of `regions`, counted from 1.
        """
        _done, png = cv2.imencode(".png", self.labels.astype(np.uint16))
        return {
            "counts": self.counts(),
            "labels": base64.b64encode(png.tobytes()).decode(),
            "width": self.width,
            "height": self.height,
            "regions": [
                {
                    "label": region.name,
                    "area": round(region.area, 1),
                    "share": region.share,
                    "score": region.score,
                    "x": round(region.centre[0] * self.width, 1),
                    "y": round(region.centre[1] * self.height, 1),
                }
                for region in self.regions
            ],
        }


def measured(
    labels: np.ndarray, scores: Iterable[float], names: Sequence[str], size: tuple[int, int]
) -> tuple[Region, ...]:
    """Areas, shares and middles of regions.

    Args:
        labels: int32 `(h, w)`, 0 for none, 1 to n.
        scores: of each region.
        names: of each region.
        size: width and height of the picture in whose pixels areas are given.
    """
    count = len(names)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    rows, columns = np.indices(labels.shape, np.float32)
    across, down = means(labels, columns + 0.5, count), means(labels, rows + 0.5, count)
    return tuple(
        Region(
            name,
            float(area) * size[0] * size[1] / labels.size,
            float(area) / labels.size,
            float(score),
            (float(x) / labels.shape[1], float(y) / labels.shape[0]),
        )
        for name, area, score, x, y in zip(names, areas, scores, across, down, strict=True)
    )


def means(labels: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """The mean of each region's pixels, `(count,)`; 0 where it has none.

    Args:
        labels: int32 `(h, w)`, 0 for none, 1 to `count`.
        values: `(h, w)`.
        count: of regions.
    """
    flat = labels.ravel()
    areas = np.bincount(flat, minlength=count + 1)[1:]
    sums = np.bincount(flat, weights=values.ravel(), minlength=count + 1)[1:]
    return np.asarray(sums / np.maximum(areas, 1))
