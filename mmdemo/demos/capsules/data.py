"""Digits to be measured on: altered ones, pairs, and some that a program drew. No Keras here.

MNIST itself and the digits of other hands stand in `core.data.handwritten`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmdemo.core.data.handwritten import Images

from . import drawn, pictures
from .words import LEVELS

Curve = tuple[tuple[float, np.ndarray], ...]
"""Pictures `(n, 28, 28)` by how strongly they were changed."""

CURVE, DISTORTED, ROUNDS = 10, 2, 5
"""Of how many test digits one stands in a curve, and in two other tables."""


def distorted(ink: np.ndarray, seed: int) -> np.ndarray:
    """Digits `(n, 28, 28)` moved, turned, scaled and slanted at once, more than in training."""
    rng = np.random.default_rng(seed)

    def one(picture: np.ndarray) -> np.ndarray:
        how = pictures.matrix(
            turn=rng.uniform(-20, 20),
            scale=rng.uniform(0.8, 1.2),
            slant=rng.uniform(-0.2, 0.2),
            shift=tuple(rng.uniform(-3, 3, 2)),
        )
        return pictures.warped(picture, how)

    return np.stack([one(picture) for picture in ink])


def curve(kind: str, ink: np.ndarray, seed: int) -> Curve:
    """Digits `(n, 28, 28)` changed in one way, at each of its `LEVELS`; all into chance directions.

    Raises:
        KeyError: no such way.
    """
    changed = []
    for level in LEVELS[kind][1]:
        rng = np.random.default_rng(seed)  # the same directions at each level
        changed.append((level, np.stack([_changed(kind, level, one, rng) for one in ink])))
    return tuple(changed)


def _changed(kind: str, level: float, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if kind == "covered":
        return pictures.covered(picture, int(level), rng)
    if kind == "scaled":
        return pictures.warped(picture, pictures.matrix(scale=level))
    if kind == "turned":
        return pictures.warped(picture, pictures.matrix(turn=level * rng.choice((-1, 1))))
    angle = rng.uniform(0, 2 * np.pi)
    shift = (level * float(np.cos(angle)), level * float(np.sin(angle)))
    return pictures.warped(picture, pictures.matrix(shift=shift))


def pairs(images: Images, times: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures `(n, 36, 36)` of two digits over each other, and which they are, `(n, 2)`.

    Args:
        images: digits; each is the first of a pair `times` times.
        times: how often.
        seed: of partners and places.
    """
    rng = np.random.default_rng(seed)
    rows = np.tile(np.arange(len(images.digits)), times)
    both = np.stack([rows, pictures.partners(images.digits, rows, rng)], axis=1)
    ink = (images.pixels * 255).round().astype(np.uint8)
    seen = [pictures.overlaid(*pictures.apart_of(ink, pair[None], rng)[0]) for pair in both]
    return np.stack(seen).astype(np.float32) / 255, images.digits[both]


def program_drawn(times: int, draw: Callable[[int, int], np.ndarray] = drawn.digit) -> Images:
    """Each digit so many times, as `drawn.digit` or `drawn.scrambled` draws it."""
    digits = np.repeat(np.arange(10), times)
    ink = [draw(int(value), seed) for seed, value in enumerate(digits)]
    return Images(np.stack(ink).astype(np.float32) / 255, digits)
