"""What is drawn and is no digit: letters, scribbles, shapes and faces; how well they are told."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmdemo.core.errors import UserError
from mmdemo.core.measure import unlike
from mmdemo.core.measure.report import Result, results_of
from mmdemo.core.media import handwriting

from . import drawing

TASK = "digits: other drawings"
SHEET = 280
"""Side of a drawing, as of the page's pad, in pixels."""
LIKE_DIGITS = "OoIlSsZzBbgqGDQJLij"
LETTERS = [sign for sign in string.ascii_letters if sign not in LIKE_DIGITS] + list("#&%@?+=*$")
LEARNT_FONTS, TESTED_FONTS = (0, 1, 2, 3), (4, 6, 7)
"""Hershey's, by OpenCV's numbers: plain and with serifs; triplex and the two scripts."""
COUNTS = {"letters": (2000, 300), "scribbles": (1000, 150), "shapes": (500, 150)}
"""Drawings to learn from, and to measure on."""
STRENGTH = 0.1
"""Of `unlike.fit`: there are many more pictures than numbers in each."""
SHARE = 0.015
"""Of the digits that set a limit, how many each group may cost."""

Rng = np.random.Generator


def letter(rng: Rng, fonts: tuple[int, ...] = LEARNT_FONTS) -> np.ndarray:
    """A letter or sign that is unlike any digit, by a pen, slanted and turned."""
    import cv2

    sheet = np.full((SHEET, SHEET, 3), 255, np.uint8)
    sign, font = str(rng.choice(LETTERS)), int(rng.choice(fonts))
    size, pen = rng.uniform(4, 7), int(rng.integers(8, 24))
    (width, height), _ = cv2.getTextSize(sign, font, size, pen)
    place = (int((SHEET - width) / 2), int((SHEET + height) / 2))
    cv2.putText(sheet, sign, place, font, size, (0, 0, 0), pen, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((SHEET / 2,) * 2, rng.uniform(-15, 15), rng.uniform(0.7, 1))
    turn[0, 1] += rng.uniform(-0.2, 0.2)
    return cv2.warpAffine(sheet, turn, (SHEET, SHEET), borderValue=(255, 255, 255))


def printed(rng: Rng, signs: str) -> np.ndarray:
    """One of some signs, as a printer sets it."""
    sheet, pen = _sheet()
    font = ImageFont.load_default(float(rng.uniform(120, 240)))
    pen.text((SHEET / 2, SHEET / 2), str(rng.choice(list(signs))), "black", font, anchor="mm")
    return np.asarray(sheet.rotate(rng.uniform(-10, 10), fillcolor="white"))


def scribble(rng: Rng) -> np.ndarray:
    """One stroke from point to point, round or angular."""
    sheet, pen = _sheet()
    count, smooth = int(rng.integers(4, 14)), int(rng.choice([1, 15, 30]))
    corners = rng.uniform(30, 250, (count, 2))
    steps = np.linspace(0, count - 1, 40 * count)
    path = np.stack([np.interp(steps, np.arange(count), axis) for axis in corners.T], axis=1)
    even = np.ones(smooth) / smooth
    path = np.stack(
        [np.convolve(np.pad(axis, smooth, "edge"), even, "same")[smooth:-smooth] for axis in path.T]
    )
    pen.line([(x, y) for x, y in path.T], "black", int(rng.integers(8, 24)), "curve")
    return np.asarray(sheet)


def shape(rng: Rng) -> np.ndarray:
    """A polygon, empty or full, a star, a face or a cross."""
    sheet, pen = _sheet()
    width, corners = int(rng.integers(8, 24)), int(rng.integers(3, 7))
    x, y = rng.uniform(110, 170, 2)
    radius = rng.uniform(60, 110)
    kind = rng.integers(5)
    if kind <= 1:
        circle, turn = (x, y, radius), rng.uniform(0, 360)
        fill = "black" if kind else None
        pen.regular_polygon(circle, corners, turn, fill=fill, outline="black", width=width)
    elif kind == 2:
        angles = np.linspace(0, 4 * np.pi, 6) + rng.uniform(0, 6)
        points = [(x + radius * np.sin(a), y + radius * np.cos(a)) for a in angles]
        pen.line(points, "black", width, "curve")
    elif kind == 3:
        pen.circle((x, y), radius, outline="black", width=width)
        for side in (-0.4, 0.4):
            pen.circle((x + side * radius, y - 0.3 * radius), width, fill="black")
        mouth = (x - radius / 2, y - 0.3 * radius, x + radius / 2, y + 0.6 * radius)
        pen.arc(mouth, 20, 160, "black", width)
    else:
        pen.line([(x - radius, y - radius), (x + radius, y + radius)], "black", width)
        pen.line([(x - radius, y + radius), (x + radius, y - radius)], "black", width)
    return np.asarray(sheet)


def prepared(make: Callable[[Rng], np.ndarray], count: int, seed: int) -> np.ndarray:
    """Drawings as the page prepares them, `(count, 28, 28)`, without those that it refuses."""
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    while len(found) < count:
        try:
            found.append(handwriting.digit(make(rng)))
        except UserError:  # such as several things
            continue
    return np.stack(found)


def redrawn(pictures: np.ndarray) -> np.ndarray:
    """MNIST's digits once more through the page's preparation, `(n, 28, 28)`; few are refused."""
    found = []
    for picture in pictures:
        try:
            found.append(handwriting.digit((picture * 255).astype(np.uint8)))
        except UserError:
            continue
    return np.stack(found)


def measured(
    held_out: np.ndarray, test: np.ndarray, shares: Callable[[np.ndarray], np.ndarray]
) -> tuple[list[Result], dict[str, Any]]:
    """How well other drawings are told from digits, and what `unlike.score` reads.

    Args:
        held_out: digits that no network learnt, `(n, 28, 28)`: one half teaches what digits are
            like, the other sets the limits.
        test: digits of MNIST's test part, `(m, 28, 28)`.
        shares: pictures `(k, 28, 28)` to the probabilities of the digits, `(k, 10)`.
    """

    def signs(pictures: np.ndarray) -> np.ndarray:
        return drawing.signs(pictures, shares(pictures))

    makers = {"letters": letter, "scribbles": scribble, "shapes": shape}
    groups = [prepared(make, COUNTS[kind][0], seed=0) for kind, make in makers.items()]
    like, limiting = map(redrawn, np.array_split(held_out, 2))
    stored = unlike.fit(
        signs(like),
        signs(limiting),
        [(signs(group), SHARE) for group in groups],
        STRENGTH,
    )

    def scores(pictures: np.ndarray) -> np.ndarray:
        return unlike.score(signs(pictures), stored)

    known = scores(redrawn(test))
    makers["letters"] = lambda rng: letter(rng, TESTED_FONTS)
    tests: Mapping[str, np.ndarray] = {
        "letters in other hands": prepared(makers["letters"], COUNTS["letters"][1], seed=1),
        "printed letters": prepared(lambda r: printed(r, "".join(LETTERS)), 150, seed=1),
        "scribbles": prepared(scribble, COUNTS["scribbles"][1], seed=1),
        "shapes and faces": prepared(shape, COUNTS["shapes"][1], seed=1),
    }
    results = []
    for name, pictures in tests.items():
        figures = unlike.sure(known, scores(pictures), shares(pictures).max(axis=1))
        split = f"{name}: {len(pictures)}; against {len(known):,} digits of MNIST's test part"
        results += results_of(TASK, {"default": figures}, split, len(pictures))
    return results, stored


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (SHEET, SHEET), "white")
    return sheet, ImageDraw.Draw(sheet)
