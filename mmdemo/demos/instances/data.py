"""Crops of pictures with what a network is to say of them. Importing this module imports Keras."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage
from skimage.measure import label

from mmdemo.core.data.outlined import Pictures
from mmdemo.core.media.stretch import stretch
from mmdemo.core.nets.region_targets import Proposing, Regions
from mmdemo.core.train.batches import Batches
from mmdemo.core.train.crops import recoloured, turned

from .config import MASK, Config
from .finding import anchors

LEAST = 10
"""Pixels of a thing in a crop: what is left of fewer at its edge is nothing to learn."""
NEAR, PAIRS, ANYWHERE = 4, 2, 60
"""Regions that are drawn near each thing, that hold it with a neighbour, and of the whole crop."""
OFF, GROWN = 0.22, 0.3
"""How far regions near a thing are off: standard deviations of shifts in parts of its sides, and of
the logarithm of its sides."""


class Altered(Batches):
    """Batches of crops, of regions in them, and of what is to be said.

    The network's three inputs and five outputs, see `model.build` and `wanted`.

    Args:
        pictures: to draw from; rare kinds are drawn more often than there are.
        config: how they are altered, and how many make a batch and an epoch.
        seed: of every random choice.
    """

    def __init__(self, pictures: Pictures, config: Config, seed: int) -> None:
        super().__init__(seed)
        self.training = config.training
        self.images = [stretch(image, config.input).astype(np.uint8) for image in pictures.images]
        self.labels = [labels.astype(np.float32) for labels in pictures.labels]
        self.chances = pictures.chances()
        side = self.training.crop
        self.anchors = anchors(config, (side, side))
        self.proposing = Proposing(self.anchors)
        self.regions = Regions(self.training.regions, classes=1)

    def __len__(self) -> int:
        return self.training.steps

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        rng = self.rng(index)
        rows = rng.choice(len(self.images), self.training.batch, p=self.chances)
        made = []
        for row in rows:
            pixels, labels = self._crop(int(row), rng)
            made.append((pixels, *self._wanted(labels, rng)))
        pixels, regions, outlined, *wanted = (np.stack(part) for part in zip(*made, strict=True))
        return (pixels, regions, outlined), tuple(wanted)

    def _crop(self, row: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        image, labels, side = self.images[row], self.labels[row], self.training.crop
        matrix = turned(image.shape[:2], side, self.training.zoom, rng)
        size, edge = (side, side), cv2.BORDER_REFLECT
        pixels = cv2.warpAffine(image, matrix, size, borderMode=edge)
        moved = cv2.warpAffine(labels, matrix, size, flags=cv2.INTER_NEAREST, borderMode=edge)
        # A thing and its mirror image beyond the edge are two, if they do not touch.
        return recoloured(pixels, rng), label(moved.astype(np.int32), connectivity=1)

    def _wanted(self, labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Regions, those whose masks are wanted, and what is to be said, in the outputs' order."""
        numbers, true = things(labels)
        proposed = drawn(true, self.anchors, rng)
        kinds = np.zeros(len(true), int)
        regions, classes, changes, shown = self.regions.of(true, kinds, proposed, rng)
        count = self.training.outlines
        outlined = np.zeros((count, 4), np.float32)
        masks = np.zeros((count, MASK, MASK, 2), np.float32)
        shown = shown[:count]
        outlined[: len(shown)] = regions[: len(shown)]
        for place, thing in enumerate(shown):
            masks[place, ..., 0] = mask_in(labels == numbers[thing], regions[place])
            masks[place, ..., 1] = 1
        objectness, anchored = self.proposing.of(true, rng)
        return regions, outlined, objectness, anchored, classes, changes, masks


def things(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The things of a map of labels that are large enough: their numbers `(k,)`, boxes `(k, 4)`."""
    height, width = labels.shape
    areas = np.bincount(labels.ravel())
    numbers, edges = [], []
    for place, found in enumerate(ndimage.find_objects(labels), start=1):
        if found is not None and areas[place] >= LEAST:
            numbers.append(place)
            rows, columns = found
            edges.append((columns.start, rows.start, columns.stop, rows.stop))
    scale = np.array((width, height, width, height), np.float32)
    return np.array(numbers, int), np.array(edges, np.float32).reshape(-1, 4) / scale


def drawn(true: np.ndarray, anchors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Regions as a region proposal network might propose them, without asking it.

    Near each thing, so that some are good enough and some are not; with a neighbour in one box, as
    things that touch tempt to; and anchors of anywhere.

    Args:
        true: boxes of the things, `(k, 4)`.
        anchors: `(A, 4)`.
        rng: draws.

    Returns:
        `(n, 4)`, in parts of the crop's sides, cut off at its edges.
    """
    made = [anchors[rng.integers(len(anchors), size=ANYWHERE)]]
    if len(true):
        near = np.repeat(true, NEAR, axis=0)
        size = near[:, 2:] - near[:, :2]
        # The further off, the rarer: half of them are at half that distance.
        off = np.where(rng.random((len(near), 1)) < 0.5, 1.0, 0.5)
        centre = (near[:, :2] + near[:, 2:]) / 2 + off * OFF * size * rng.normal(size=size.shape)
        half = size / 2 * np.exp(off * GROWN * rng.normal(size=size.shape))
        made.append(np.concatenate([centre - half, centre + half], axis=1))
    if len(true) > 1:
        middles = (true[:, :2] + true[:, 2:]) / 2
        apart = ((middles[:, None] - middles) ** 2).sum(axis=2)
        for near_by in np.argsort(apart, axis=1)[:, 1 : 1 + PAIRS].T:
            other = true[near_by]
            low = np.minimum(true[:, :2], other[:, :2])
            high = np.maximum(true[:, 2:], other[:, 2:])
            made.append(np.concatenate([low, high], axis=1))
    regions = np.clip(np.concatenate(made), 0, 1).astype(np.float32)
    return regions[((regions[:, 2:] - regions[:, :2]) > 0).all(axis=1)]


def mask_in(mask: np.ndarray, region: np.ndarray) -> np.ndarray:
    """What a mask is at `MASK` x `MASK` points of a region, float32 from 0 to 1.

    Args:
        mask: bool `(h, w)`.
        region: `(4,)`, in parts of its sides.
    """
    height, width = mask.shape
    left, top, right, bottom = region * (width, height, width, height)
    steps = (np.arange(MASK, dtype=np.float32) + 0.5) / MASK
    x = np.broadcast_to(left + steps * (right - left) - 0.5, (MASK, MASK))
    y = np.broadcast_to((top + steps * (bottom - top) - 0.5)[:, None], (MASK, MASK))
    return cv2.remap(
        mask.astype(np.float32),
        np.ascontiguousarray(x, np.float32),
        np.ascontiguousarray(y, np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
