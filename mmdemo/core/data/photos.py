"""Labelled photos, and parts of them to train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

RATIOS = (3 / 4, 4 / 3)
"""Width to height of a random part of a photo, between these."""


@dataclass(frozen=True)
class Photos:
    """Photos of one size, with what each shows.

    Attributes:
        images: uint8 `(n, side, side, 3)`.
        labels: int64 `(n,)`, indices of `names`.
        names: of the classes.
        boxes: where the thing is, float32 `(n, 4)`: left, top, right, bottom in parts of the side,
            0 to 1; None where nobody drew them.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    boxes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> Photos:
        """The photos at some places."""
        boxes = None if self.boxes is None else self.boxes[rows]
        return Photos(self.images[rows], self.labels[rows], self.names, boxes)


def cut(image: np.ndarray, window: np.ndarray, side: int) -> np.ndarray:
    """A part of a photo, scaled to a square.

    Args:
        image: uint8 `(height, width, 3)`.
        window: left, top, right and bottom in parts of its sides, `(4,)`.
        side: of the result, in pixels.
    """
    height, width = image.shape[:2]
    box = tuple(window * (width, height, width, height))
    if (*box, side, side) == (0, 0, width, height, width, height):
        return image
    square = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR, box)
    return np.asarray(square)


def random_window(smallest: float, rng: np.random.Generator) -> np.ndarray:
    """A part of a photo: left, top, right and bottom in parts of its sides, `(4,)`.

    Szegedy et al. 2015, "Going Deeper with Convolutions": area and proportions are drawn evenly.

    Args:
        smallest: part of the photo's area, at least; with 1 it is the whole photo.
        rng: draws.
    """
    area = rng.uniform(smallest, 1)
    ratio = np.exp(rng.uniform(*np.log(RATIOS))) if smallest < 1 else 1.0
    width, height = np.minimum(np.sqrt([area * ratio, area / ratio]), 1)
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    # Rounding must not carry it over the edge, where there are no pixels.
    return np.clip([left, top, left + width, top + height], 0, 1)
