"""Selective search: boxes that may hold a thing, by merging regions that look alike.

Uijlings et al. 2013, "Selective Search for Object Recognition". The picture is cut into small
regions; the two neighbours that are most alike are merged, again and again, until one region is
left. The box of every region on the way is a proposal. Several colour spaces, sizes of the first
regions and ideas of "alike" give proposals that complete each other. Imports no Keras.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

COLOUR_BINS, TEXTURE_BINS, DIRECTIONS = 20, 8, 8
SIGMA = 0.8
"""Of the blur before the first regions are made."""
NARROWEST = 8
"""Pixels of a picture's shorter side, below which there is nothing to search."""
SMALLEST = 20
"""Pixels of a first region, at least."""
SCALES = (50,)
"""How unlike neighbouring pixels may be within a first region."""
SPACES = ("lab", "hsv")
MEASURES = (("colour", "texture", "size", "fill"), ("texture", "size", "fill"), ("size",))
"""Each is a way to say how alike two regions are: the sum of these."""


@dataclass(frozen=True)
class Merge:
    """One step of the merging.

    Attributes:
        first, second: numbers of the two regions.
        merged: the new region's number.
        box: of the new region, in pixels: left, top, right, bottom.
    """

    first: int
    second: int
    merged: int
    box: tuple[int, int, int, int]


def selective_search(image: np.ndarray, count: int = 1000, seed: int = 0) -> np.ndarray:
    """Boxes of a picture that may hold things, the likelier first.

    Args:
        image: uint8 `(h, w, 3)` RGB; a few hundred pixels a side.
        count: boxes, at most.
        seed: of the ranking, in which chance has a part, as in the paper: else the boxes of one
            hierarchy would all come before another's.

    Returns:
        float32 `(n, 4)`: left, top, right and bottom in parts of the picture's sides.
    """
    rng = np.random.default_rng(seed)
    height, width = image.shape[:2]
    if min(height, width) < NARROWEST:
        return np.array([[0, 0, 1, 1]], np.float32)
    best: dict[tuple[int, int, int, int], float] = {}
    for space in SPACES:
        for scale in SCALES:
            regions = Regions.of(image, space, scale)
            firsts = regions.boxes()
            for measure in MEASURES:
                steps = [step.box for step in merging(regions, measure)]
                # The last merge is the whole picture, and is rank 1.
                for rank, box in enumerate([*reversed(steps), *firsts], start=1):
                    value = rank * rng.random()
                    best[box] = min(value, best.get(box, np.inf))
    ranked = sorted(best, key=best.__getitem__)
    found = np.array(ranked, np.float32).reshape(-1, 4)
    sides = found[:, 2:] - found[:, :2]
    found = found[sides.min(axis=1) >= min(height, width) / 40][:count]
    return found / np.array([width, height, width, height], np.float32)


@dataclass(frozen=True)
class Regions:
    """The first regions of a picture, in one colour space.

    Attributes:
        labels: int `(h, w)`: the region of each pixel, from 0.
        channels: float32 `(h, w, c)`, 0 to 1.
    """

    labels: np.ndarray
    channels: np.ndarray

    @classmethod
    def of(cls, image: np.ndarray, space: str, scale: float) -> Regions:
        """Cut a picture into regions of like pixels.

        Felzenszwalb and Huttenlocher 2004, "Efficient Graph-Based Image Segmentation".

        Args:
            image: uint8 `(h, w, 3)` RGB.
            space: one of `SPACES`.
            scale: larger for larger regions.
        """
        from skimage.segmentation import felzenszwalb

        channels = in_space(image, space)
        labels = felzenszwalb(
            channels, scale=scale, sigma=SIGMA, min_size=SMALLEST, channel_axis=-1
        )
        return cls(labels, channels)

    @property
    def count(self) -> int:
        return int(self.labels.max()) + 1

    @cached_property
    def edges(self) -> np.ndarray:
        """Of each region: left, top, right and bottom in pixels, int `(count, 4)`."""
        height, width = self.labels.shape
        flat = self.labels.ravel()
        y, x = np.divmod(np.arange(flat.size), width)
        low = np.full((2, self.count), max(height, width))
        high = np.zeros((2, self.count), int)
        for axis, place in enumerate((x, y)):
            np.minimum.at(low[axis], flat, place)
            np.maximum.at(high[axis], flat, place + 1)
        return np.stack([*low, *high], axis=1)

    def boxes(self) -> list[tuple[int, int, int, int]]:
        """Of each region, as `edges`."""
        return [tuple(map(int, box)) for box in self.edges]

    @cached_property
    def sizes(self) -> np.ndarray:
        """Pixels of each region, float `(count,)`."""
        return np.bincount(self.labels.ravel(), minlength=self.count).astype(float)

    @cached_property
    def colour(self) -> np.ndarray:
        """A histogram of each region's channels, `(count, c * COLOUR_BINS)`, which sums to 1."""
        return self._histogram(self.channels, COLOUR_BINS)

    @cached_property
    def texture(self) -> np.ndarray:
        """A histogram of how fast the channels change in `DIRECTIONS`, which sums to 1."""
        across = cv2.Sobel(self.channels, cv2.CV_32F, 1, 0)
        down = cv2.Sobel(self.channels, cv2.CV_32F, 0, 1)
        shape = (*self.labels.shape, -1)
        slopes = []
        for angle in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS:
            slope = np.maximum(np.cos(angle) * across + np.sin(angle) * down, 0)
            slopes.append(slope.reshape(shape))
        changes = np.concatenate(slopes, axis=-1)
        return self._histogram(changes / max(float(changes.max()), 1e-6), TEXTURE_BINS)

    @cached_property
    def neighbours(self) -> list[set[int]]:
        """Of each region, those that it touches."""
        labels = self.labels
        right = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()])
        below = np.stack([labels[:-1].ravel(), labels[1:].ravel()])
        pairs = np.concatenate([right, below], axis=1)
        pairs = np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)
        touched: list[set[int]] = [set() for _ in range(self.count)]
        for one, other in pairs.T.tolist():
            touched[one].add(other)
            touched[other].add(one)
        return touched

    def _histogram(self, values: np.ndarray, bins: int) -> np.ndarray:
        """Of values from 0 to 1, `(h, w, c)`, by region."""
        channels = values.shape[-1]
        binned = np.minimum((values * bins).astype(int), bins - 1)
        cells = (self.labels[..., None] * channels + np.arange(channels)) * bins + binned
        counts = np.bincount(cells.ravel(), minlength=self.count * channels * bins)
        counts = counts.reshape(self.count, -1).astype(np.float32)
        return counts / counts.sum(axis=1, keepdims=True)


def in_space(image: np.ndarray, space: str) -> np.ndarray:
    """A picture's channels in a colour space, float32 `(h, w, c)` from 0 to 1."""
    scaled = image.astype(np.float32) / 255
    if space == "grey":
        return cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY)[..., None]
    if space == "hsv":
        return cv2.cvtColor(scaled, cv2.COLOR_RGB2HSV) / np.array([360, 1, 1], np.float32)
    lab = cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)
    return (lab + np.array([0, 128, 128], np.float32)) / np.array([100, 255, 255], np.float32)


def merging(regions: Regions, measure: tuple[str, ...]) -> Iterator[Merge]:
    """Merge the two neighbours that are most alike, until one region is left.

    Args:
        regions: the first ones.
        measure: what counts as alike: of `colour`, `texture`, `size` and `fill`.

    Yields:
        Each step, the first one first.
    """
    whole = float(regions.labels.size)
    sizes = list(regions.sizes)
    boxes = regions.boxes()
    colour, texture = list(regions.colour), list(regions.texture)
    touched = [set(each) for each in regions.neighbours]

    def alike(a: int, b: int) -> float:
        value = 0.0
        if "colour" in measure:
            value += float(np.minimum(colour[a], colour[b]).sum())
        if "texture" in measure:
            value += float(np.minimum(texture[a], texture[b]).sum())
        if "size" in measure:  # small regions first: else one would swallow all others
            value += 1 - (sizes[a] + sizes[b]) / whole
        if "fill" in measure:  # those that fit into each other
            left, top, right, bottom = _hull(boxes[a], boxes[b])
            value += 1 - ((right - left) * (bottom - top) - sizes[a] - sizes[b]) / whole
        return value

    queue = [(-alike(a, b), a, b) for a, others in enumerate(touched) for b in others if a < b]
    heapq.heapify(queue)
    gone: set[int] = set()
    while queue:
        _, a, b = heapq.heappop(queue)
        if a in gone or b in gone:
            continue
        gone |= {a, b}
        new, size = len(sizes), sizes[a] + sizes[b]
        colour.append((sizes[a] * colour[a] + sizes[b] * colour[b]) / size)
        texture.append((sizes[a] * texture[a] + sizes[b] * texture[b]) / size)
        sizes.append(size)
        boxes.append(_hull(boxes[a], boxes[b]))
        touched.append((touched[a] | touched[b]) - gone)
        for other in touched[new]:
            touched[other].add(new)
            heapq.heappush(queue, (-alike(other, new), other, new))
        yield Merge(a, b, new, boxes[new])


def _hull(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The smallest box around two."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
