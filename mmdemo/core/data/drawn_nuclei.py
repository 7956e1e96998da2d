"""Fields of nuclei that are drawn: for examples, and to measure on what no microscope has seen.

No Keras here.
"""

from __future__ import annotations

import cv2
import numpy as np

from .outlined import Pictures, numbered

STYLES = ("fluorescence", "stained")
CROWDS = (8, 60)
"""Nuclei of a drawn field, at least and at most."""
RADII = (7.0, 15.0)
"""Pixels, of a nucleus of usual size."""
MAY_OVERLAP = 0.12
"""Of the smaller of two radii: so far they may reach into each other."""


def pictures(count: int, seed: int = 1000) -> Pictures:
    """Drawn fields with what was drawn in them; the styles by turns.

    Args:
        count: how many.
        seed: of the first one; no example has one so high.
    """
    made = Pictures([], [], [], [])
    for number in range(count):
        rng = np.random.default_rng(seed + number)
        style = STYLES[number % len(STYLES)]
        image, labels = field(style, int(rng.integers(*CROWDS)), seed + number)
        made.images.append(image)
        made.labels.append(labels)
        made.files.append(f"drawn {number}")
    return made


def field(style: str, count: int, seed: int, size: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Draw nuclei as a microscope shows them.

    Args:
        style: `fluorescence`, where they glow on black, or `stained`, violet on pink.
        count: nuclei, of which those for which there is no room are left out.
        seed: of places, sizes, shapes and grain.
        size: of the field's sides, in pixels.

    Returns:
        uint8 `(size, size, 3)`, and int32 `(size, size)`: 0 for none, 1 to n for each nucleus.
    """
    rng = np.random.default_rng(seed)
    usual = rng.uniform(*RADII)
    labels = np.zeros((size, size), np.int32)
    light = np.zeros((size, size), np.float32)
    taken: list[tuple[float, float, float]] = []
    for _nucleus in range(count):
        radius = usual * rng.uniform(0.75, 1.3)
        place = _place(rng, radius, taken, size)
        if place is None:
            continue
        taken.append((*place, radius))
        mask = _shape(rng, *place, radius, size) & (labels == 0)
        labels[mask] = len(taken)
        light[mask] = rng.uniform(0.35, 1.0)
    paint = _glowing if style == "fluorescence" else _stained
    return paint(light, labels > 0, rng), numbered(labels)


def _place(
    rng: np.random.Generator, radius: float, taken: list[tuple[float, float, float]], size: int
) -> tuple[float, float] | None:
    """Where a nucleus may stand: often beside another; None where there is no room."""
    for _try in range(40):
        if taken and rng.random() < 0.5:
            x, y, other = taken[rng.integers(len(taken))]
            angle = rng.uniform(0, 2 * np.pi)
            x, y = x + (radius + other) * np.cos(angle), y + (radius + other) * np.sin(angle)
        else:
            x, y = rng.uniform(0, size, 2)
        if not (0 <= x < size and 0 <= y < size):
            continue
        near = (
            np.hypot(x - a, y - b) - (radius + r) + MAY_OVERLAP * min(radius, r)
            for a, b, r in taken
        )
        if all(room >= 0 for room in near):
            return float(x), float(y)
    return None


def _shape(rng: np.random.Generator, x: float, y: float, radius: float, size: int) -> np.ndarray:
    """The pixels of an ellipse that is a little dented, bool `(size, size)`."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    stretch = rng.uniform(0.8, 1.0)
    reach = 1 + sum(
        rng.normal(0, 0.05 / wave) * np.cos(wave * turn + rng.uniform(0, 2 * np.pi))
        for wave in (2, 3, 4)
    )
    along, across = radius * reach * np.cos(turn), radius * stretch * reach * np.sin(turn)
    angle = rng.uniform(0, np.pi)
    points = np.stack(
        [
            x + along * np.cos(angle) - across * np.sin(angle),
            y + along * np.sin(angle) + across * np.cos(angle),
        ],
        axis=1,
    )
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)[:, None]], 1)
    return mask > 0


def _cloud(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Soft spots around 0, of deviation 1, float32 `(size, size)`."""
    small = rng.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)


def _glowing(light: np.ndarray, _mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(light)
    haze = 0.05 + 0.02 * _cloud(rng, size, 4)
    texture = 1 + 0.18 * _cloud(rng, size, size // 6)
    seen = cv2.GaussianBlur(light * texture, (0, 0), rng.uniform(0.8, 1.6)) * rng.uniform(0.5, 0.9)
    seen = seen + haze + rng.normal(0, 0.012, light.shape)
    grey = np.clip(255 * seen, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _stained(light: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(light)
    fibres = 0.5 + 0.25 * _cloud(rng, size, 10) + 0.12 * _cloud(rng, size, 40)
    pink, pale = np.array([226, 160, 196], np.float32), np.array([243, 226, 236], np.float32)
    picture = pale + (pink - pale) * np.clip(fibres, 0, 1)[..., None]
    violet = np.array([96, 62, 142], np.float32) + 40 * (1 - light)[..., None]
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.7, 1.3))
    soft = soft * np.clip(0.8 + 0.12 * _cloud(rng, size, size // 6), 0, 1)
    picture = picture + (violet - picture) * soft[..., None]
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
