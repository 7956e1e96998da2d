"""A picture in the frame of fixed size that a network looks at, and the way back.

No Keras here: training and serving share it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

GREY = 192
"""Of the frame beside a picture: about as bright as the ground of a blood smear."""

CONTEXT = 16 / (227 - 2 * 16)
"""Of a crop: what is seen beside the box, in parts of its sides (Girshick et al. 2014)."""


@dataclass(frozen=True)
class Framed:
    """A picture in a frame.

    Attributes:
        image: uint8 `(height, width, 3)`.
        part: that the picture takes of the frame, `(4,)` in parts of the frame's sides.
    """

    image: np.ndarray
    part: np.ndarray

    def into(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes `(..., 4)` in parts of the picture's sides, in parts of the frame's."""
        origin, size = self.part[:2], self.part[2:] - self.part[:2]
        return (boxes * np.tile(size, 2) + np.tile(origin, 2)).astype(np.float32)

    def back(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes in parts of the frame's sides, in parts of the picture's, cut off at its edges."""
        origin, size = self.part[:2], self.part[2:] - self.part[:2]
        return np.clip((boxes - np.tile(origin, 2)) / np.tile(size, 2), 0, 1).astype(np.float32)


def fit(picture: np.ndarray, height: int, width: int, squash: bool = False) -> Framed:
    """Scale a picture to a frame.

    Args:
        picture: uint8 `(h, w, 3)`, of any size and proportions.
        height, width: of the frame, in pixels.
        squash: stretch it to the frame; else it keeps its proportions, with grey beside it.
    """
    inner_height, inner_width = height, width
    if not squash:
        scale = min(height / picture.shape[0], width / picture.shape[1])
        inner_height = min(max(round(picture.shape[0] * scale), 1), height)
        inner_width = min(max(round(picture.shape[1] * scale), 1), width)
    scaled = np.asarray(
        Image.fromarray(picture).resize((inner_width, inner_height), Image.Resampling.BILINEAR)
    )
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    image = np.full((height, width, 3), GREY, np.uint8)
    image[top : top + inner_height, left : left + inner_width] = scaled
    edges = (left, top, left + inner_width, top + inner_height)
    return Framed(image, np.array(edges) / (width, height, width, height))


def crops(image: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """Parts of a picture with a little of what is around them, each warped to a square.

    Args:
        image: uint8 `(h, w, 3)`.
        boxes: `(n, 4)` in parts of its sides.
        side: of the squares, in pixels.

    Returns:
        float32 `(n, side, side, 3)`.
    """
    height, width = image.shape[:2]
    around = CONTEXT * (boxes[:, 2:] - boxes[:, :2])
    boxes = np.concatenate([boxes[:, :2] - around, boxes[:, 2:] + around], axis=1)
    warped = np.empty((len(boxes), side, side, 3), np.float32)
    edges = boxes * (width, height, width, height)
    for place, (left, top, right, bottom) in enumerate(np.round(edges).astype(int).tolist()):
        left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
        part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
        warped[place] = cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR)
    return warped
