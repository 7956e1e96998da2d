"""Digits that a program draws of strokes: whole ones, and with their parts displaced. No Keras."""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.core.media import handwriting

Stroke = np.ndarray
"""Points that a pen goes through, `(n, 2)`: to the right and down, in a box of 100 x 140."""

STROKES: tuple[tuple[tuple[tuple[int, int], ...], ...], ...] = (
    (((50, 0), (15, 25), (5, 70), (18, 120), (52, 138), (86, 112), (95, 65), (80, 20), (50, 0)),),
    (((35, 30), (60, 2), (58, 70), (55, 138)),),
    (((10, 35), (30, 5), (65, 5), (82, 35), (65, 75), (35, 105), (10, 132), (50, 130), (92, 134)),),
    (
        ((12, 18), (45, 0), (80, 20), (75, 50), (42, 66)),
        ((42, 66), (85, 82), (88, 120), (50, 140), (8, 122)),
    ),
    (((38, 0), (22, 45), (10, 85), (50, 88), (92, 86)), ((70, 40), (68, 90), (64, 138))),
    (((88, 2), (25, 4), (18, 60), (55, 52), (88, 80), (82, 120), (45, 138), (10, 125)),),
    (((70, 0), (30, 40), (12, 90), (30, 132), (70, 134), (85, 100), (60, 76), (18, 92)),),
    (((8, 8), (50, 10), (92, 6), (65, 60), (42, 138)),),
    (
        ((52, 66), (18, 45), (22, 12), (52, 0), (82, 14), (80, 45), (52, 66)),
        ((52, 66), (15, 92), (18, 128), (52, 140), (88, 126), (86, 90), (52, 66)),
    ),
    (
        ((85, 30), (55, 2), (20, 20), (20, 55), (55, 66), (84, 40)),
        ((85, 30), (84, 70), (72, 138)),
    ),
)
"""Of each digit."""
SHEET, SCALE, PEN = 280, 1.4, (16, 30)
"""Side of the sheet, how much larger a box is drawn on it, and the widths of pens, in pixels."""
PIECES = 3
"""That a digit is cut into to be scrambled, from top to bottom."""


def digit(value: int, seed: int) -> np.ndarray:
    """A digit as MNIST has them: uint8 `(28, 28)`, white on black.

    Args:
        value: from 0 to 9.
        seed: of the hand, which slants, turns and bends strokes, and of its pen.
    """
    rng = np.random.default_rng([seed, value])
    return _pressed(_written(value, rng), int(rng.integers(*PEN)))


def scrambled(value: int, seed: int) -> np.ndarray:
    """The same strokes by the same hand, of which the parts from top to bottom change places."""
    rng = np.random.default_rng([seed, value])
    strokes = _written(value, rng)
    points = np.concatenate(strokes)
    top, height = float(points[:, 1].min()), float(np.ptp(points[:, 1])) / PIECES
    moved = [piece for stroke in strokes for piece in _displaced(stroke, top, height)]
    return _pressed(moved, int(rng.integers(*PEN)))


def _displaced(stroke: Stroke, top: float, height: float) -> list[Stroke]:
    """Pieces of a stroke, each in the band below its own; those of the last in the first."""
    bands = np.clip(((stroke[:, 1] - top) / height).astype(int), 0, PIECES - 1)
    cuts = np.flatnonzero(np.diff(bands)) + 1
    pieces = []
    for piece, band in zip(np.split(stroke, cuts), np.split(bands, cuts), strict=True):
        to = (band[0] + 1) % PIECES
        pieces.append(piece + np.array([0, (to - band[0]) * height]))
    return pieces


def _written(value: int, rng: np.random.Generator) -> list[Stroke]:
    """A digit's strokes on the sheet, by a hand of its own."""
    slant, turn = rng.normal(0, 0.1), rng.normal(0, 0.08)
    wide, high = np.exp(rng.normal(0, 0.1, 2)) * SCALE
    linear = np.array([[wide, -slant - turn], [turn, high]])
    strokes = []
    for corners in STROKES[value]:
        bent = np.array(corners, float) + rng.normal(0, 2.5, (len(corners), 2))
        strokes.append((_curved(bent) - np.array([50, 70])) @ linear.T + SHEET / 2)
    return strokes


def _curved(corners: np.ndarray) -> Stroke:
    """A smooth line through points (Catmull and Rom 1974)."""
    padded = np.concatenate([corners[:1], corners, corners[-1:]])
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    runs = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        runs.append(
            b
            + t * (c - a) / 2
            + t**2 * (2 * a - 5 * b + 4 * c - d) / 2
            + t**3 * (3 * b - a - 3 * c + d) / 2
        )
    return np.concatenate([*runs, corners[-1:]])


def _pressed(strokes: list[Stroke], pen: int) -> np.ndarray:
    """Strokes in ink, in MNIST's form."""
    sheet = np.zeros((SHEET, SHEET), np.uint8)
    for stroke in strokes:
        points = np.round(stroke * 16).astype(np.int32)  # in sixteenths of a pixel
        cv2.polylines(sheet, [points], False, 255, pen, cv2.LINE_AA, shift=4)
    ink = handwriting.centred(sheet.astype(np.float32) / 255)
    return (ink * 255).round().astype(np.uint8)
