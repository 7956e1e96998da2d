"""Digits moved, turned, covered and laid over each other: pictures to pictures. No Keras here."""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.core.media.handwriting import SIDE

MARGIN = 4
"""Pixels on each side of a picture of two digits, by which each may be moved."""
LARGE = SIDE + 2 * MARGIN


def matrix(
    turn: float = 0.0,
    scale: float = 1.0,
    slant: float = 0.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """An affine map `(2, 3)` around the middle of a digit's picture, for `warped`.

    Args:
        turn: degrees, to the left.
        scale: 2 is twice as large.
        slant: columns a row.
        shift: pixels to the right and down.
    """
    angle = np.deg2rad(turn)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    linear = scale * turned @ np.array([[1, slant], [0, 1]])
    middle = np.full(2, (SIDE - 1) / 2)
    return np.column_stack([linear, middle - linear @ middle + shift]).astype(np.float32)


def warped(picture: np.ndarray, how: np.ndarray) -> np.ndarray:
    """A picture `(28, 28)` under an affine map `(2, 3)`; what leaves it is lost."""
    return cv2.warpAffine(picture, how, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def covered(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A picture `(28, 28)` with a black square somewhere in the 20 x 20 that a digit fills."""
    top, left = rng.integers(MARGIN, SIDE - MARGIN - side + 1, 2)
    result = picture.copy()
    result[top : top + side, left : left + side] = 0
    return result


def placed(digit: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """A digit `(28, 28)` in a picture `(36, 36)`, pixels to the right and down from its middle."""
    right, down = shift
    sides = (MARGIN + down, MARGIN - down), (MARGIN + right, MARGIN - right)
    return np.pad(digit, sides)


def overlaid(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two pictures over each other: their ink is added up, to 255 at most.

    Sabour, Frosst, Hinton 2017, section 6.

    Args:
        one, other: uint8, of the same shape.
    """
    return cv2.add(one, other)


def partners(digits: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each of some rows, a row with another digit."""
    others = rng.integers(0, len(digits), len(rows))
    while (same := digits[others] == digits[rows]).any():
        others[same] = rng.integers(0, len(digits), int(same.sum()))
    return others


def apart_of(ink: np.ndarray, both: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each of two digits by itself, moved by up to 4 pixels each way: uint8 `(n, 2, 36, 36)`.

    Args:
        ink: uint8 `(m, 28, 28)`.
        both: rows of the digits, `(n, 2)`.
        rng: of the places.
    """
    most = MARGIN
    shifts = rng.integers(-most, most + 1, (*both.shape, 2))
    return np.stack(
        [
            [
                placed(ink[row], (int(right), int(down)))
                for row, (right, down) in zip(pair, places, strict=True)
            ]
            for pair, places in zip(both, shifts, strict=True)
        ]
    )
