"""Blood smears that are drawn: for examples, and to measure on what no microscope has seen.

No Keras here.
"""

from __future__ import annotations

import cv2
import numpy as np

from .config import Input
from .data import CELLS, Pictures
from .frame import fit

WIDTH, HEIGHT = 640, 480
CROWDS = (6, 26)
"""Red cells of a drawn picture, at least and at most."""


def pictures(count: int, how: Input, seed: int = 1000) -> Pictures:
    """Drawn smears with the boxes that they were drawn in.

    Args:
        count: how many.
        how: the frame.
        seed: of the first one; no example has one so high.
    """
    images, edges, labels = [], [], []
    for number in range(count):
        rng = np.random.default_rng(seed + number)
        red = int(rng.integers(*CROWDS))
        white, platelets = int(rng.integers(0, 3)), int(rng.integers(0, 6))
        picture, cells = smear(red, white, platelets, seed + number)
        framed = fit(picture, how.height, how.width, how.squash)
        boxes = np.array([box for _, box in cells], np.float32)
        images.append(framed.image)
        edges.append(framed.into(boxes / (WIDTH, HEIGHT, WIDTH, HEIGHT)))
        labels.append(np.array([kind for kind, _ in cells], int))
    files = [f"drawn {number}" for number in range(count)]
    return Pictures(np.stack(images), edges, labels, tuple(CELLS.values()), files)


def smear(
    red: int, white: int, platelets: int, seed: int
) -> tuple[np.ndarray, list[tuple[int, tuple[float, float, float, float]]]]:
    """Draw a stained blood smear as it looks in a light microscope.

    Args:
        red, white, platelets: cells of each kind.
        seed: of places, sizes and shapes.

    Returns:
        uint8 `(480, 640, 3)`; and of each cell the place of its kind among those that the networks
        know and its box, in pixels.
    """
    rng = np.random.default_rng(seed)
    light = cv2.resize(
        rng.normal(0, 4, (4, 5)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    picture = np.float32([214, 205, 208]) + light[..., None] * np.float32([1.0, 1.0, 0.8])
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for kind, count, radii in ((1, white, (88, 108)), (0, red, (45, 54)), (2, platelets, (16, 21))):
        for _cell in range(count):
            radius = rng.uniform(*radii)
            x, y = _place(rng, radius, taken, 0.8 if kind == 0 else 1.0)
            taken.append((x, y, radius))
            draw = (_red, _white, _platelet)[kind]
            box = draw(picture, x, y, radius, rng)
            drawn.append((kind, box))
    picture = cv2.GaussianBlur(picture, (0, 0), 1.1)
    picture += rng.normal(0, 2.2, picture.shape).astype(np.float32)
    return np.clip(picture, 0, 255).astype(np.uint8), drawn


def _place(
    rng: np.random.Generator,
    radius: float,
    taken: list[tuple[float, float, float]],
    apart: float,
) -> tuple[float, float]:
    """Where a cell touches others as little as possible."""
    best, most = (0.0, 0.0), -np.inf
    for _try in range(60):
        x = float(rng.uniform(radius * 0.8, WIDTH - radius * 0.8))
        y = float(rng.uniform(radius * 0.8, HEIGHT - radius * 0.8))
        room = min(
            (np.hypot(x - a, y - b) - apart * (radius + r) for a, b, r in taken), default=1.0
        )
        if room >= 0:
            return x, y
        if room > most:
            best, most = (x, y), room
    return best


def _outline(
    x: float, y: float, radius: float, rng: np.random.Generator, rough: float
) -> np.ndarray:
    """A closed curve that is nearly a circle, int32 `(n, 1, 2)`."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = np.ones_like(angle)
    for wave in range(2, 6):
        reach += rng.normal(0, rough / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    points = np.stack([x + radius * reach * np.cos(angle), y + radius * reach * np.sin(angle)])
    return np.round(points.T).astype(np.int32)[:, None]


def _paint(
    picture: np.ndarray, curve: np.ndarray, colour: tuple[int, int, int], soft: float, much: float
) -> None:
    """Lay a colour over what a curve surrounds."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [curve], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), soft)[..., None] * much
    picture += (np.float32(colour) - picture) * mask


def _box(curve: np.ndarray) -> tuple[float, float, float, float]:
    x, y = curve[:, 0, 0], curve[:, 0, 1]
    return (
        float(np.clip(x.min(), 0, WIDTH)),
        float(np.clip(y.min(), 0, HEIGHT)),
        float(np.clip(x.max(), 0, WIDTH)),
        float(np.clip(y.max(), 0, HEIGHT)),
    )


def _red(
    picture: np.ndarray, x: float, y: float, radius: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """A disc that is paler in its middle."""
    curve = _outline(x, y, radius, rng, 0.07)
    shade = rng.normal(0, 4)
    rim = (int(192 + shade), int(146 + shade), int(158 + shade))
    _paint(picture, curve, rim, 1.5, 0.9)
    x += rng.normal(0, radius / 12)
    y += rng.normal(0, radius / 12)
    pale = _outline(x, y, radius * rng.uniform(0.3, 0.45), rng, 0.1)
    _paint(picture, pale, (216, 190, 196), radius / 8, 0.75)
    return _box(curve)


def _white(
    picture: np.ndarray, x: float, y: float, radius: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """A large pale cell with a dark nucleus in lobes."""
    curve = _outline(x, y, radius, rng, 0.05)
    _paint(picture, curve, (202, 172, 205), 2.5, 0.85)
    turn = rng.uniform(0, 2 * np.pi)
    for lobe in range(3):
        angle = turn + lobe * 1.7 + rng.normal(0, 0.2)
        a, b = x + radius * 0.38 * np.cos(angle), y + radius * 0.38 * np.sin(angle)
        part = _outline(a, b, radius * rng.uniform(0.34, 0.42), rng, 0.12)
        _paint(picture, part, (108, 66, 150), 2.5, 0.92)
    middle = _outline(x, y, radius * 0.25, rng, 0.1)
    _paint(picture, middle, (112, 70, 152), 3.0, 0.8)
    return _box(curve)


def _platelet(
    picture: np.ndarray, x: float, y: float, radius: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """A small violet grain."""
    curve = _outline(x, y, radius, rng, 0.16)
    _paint(picture, curve, (168, 122, 186), 2.0, 0.85)
    grain = _outline(x, y, radius * 0.5, rng, 0.2)
    _paint(picture, grain, (126, 78, 158), 2.5, 0.8)
    return _box(curve)
