"""A picture of a microscope or of a street as networks take it: stretched, bounded, padded."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

FEW = 0.25
"""Of a picture's range, which the stretched one is at least."""


@dataclass(frozen=True)
class Input:
    """The pictures, as they are served.

    Attributes:
        dark, bright: percentiles of a picture's values that become black and white: a dim picture
            of a microscope is as good as a bright one.
        most: pixels; a larger picture is scaled down to so many.
    """

    dark: float = 0.5
    bright: float = 99.8
    most: int = 1_000_000


def stretch(image: np.ndarray, how: Input) -> np.ndarray:
    """Let a picture's darkest values be black and its brightest white.

    All channels are stretched alike, so that colours stay. Where few pixels are bright, they decide
    nevertheless: the grain of an empty field is not to fill the range.

    Args:
        image: uint8 `(h, w, 3)`.
        how: the percentiles.

    Returns:
        float32 `(h, w, 3)` from 0 to 255.
    """
    low, high = np.percentile(image, (how.dark, how.bright))
    high = max(high, low + (int(image.max()) - low) * FEW)
    scaled = (image.astype(np.float32) - low) * (255 / max(high - low, 1))
    return np.clip(scaled, 0, 255).astype(np.float32)  # the percentiles made it float64


def bounded(image: np.ndarray, how: Input) -> np.ndarray:
    """A picture with no more pixels than `how.most`, scaled down where it has more."""
    height, width = image.shape[:2]
    if height * width <= how.most:
        return image
    scale = math.sqrt(how.most / (height * width))
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def padded(image: np.ndarray, stride: int) -> np.ndarray:
    """A picture whose sides are multiples of `stride`: it is mirrored at its right and bottom."""
    height, width = image.shape[:2]
    beside = ((0, -height % stride), (0, -width % stride))
    return np.pad(image, (*beside, *[(0, 0)] * (image.ndim - 2)), "symmetric")
