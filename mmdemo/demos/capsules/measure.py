"""What a network is shown to be measured, and how often it errs. No Keras here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmdemo.core.data.handwritten import Images

from . import pictures
from .words import LEVELS

Read = Callable[[np.ndarray], np.ndarray]
"""Pictures `(n, side, side)` from 0 to 1 to how much speaks for each digit, `(n, 10)`."""
Curve = tuple[tuple[float, np.ndarray], ...]
"""Pictures `(n, 28, 28)` by how strongly they were changed."""

CURVE = 2000
"""Test digits that each point of a curve stands for."""
NEIGHBOURS = 3

PUBLISHED = {
    "published:capsnet": {"error": 0.0025},
    "published:efficient_capsnet": {"error": 0.0026},
    "published:efficient_capsnet_ensemble": {"error": 0.0016},
    "published:capsnet_keras": {"error": 0.0034},
}
"""Sabour et al. 2017 with routing of three rounds and a decoder; Mazzia et al. 2021; and the Keras
version of X. Guo."""
PUBLISHED_OVERLAID = {
    "published:capsnet": {"pair_error": 0.052},
    "published:capsnet_cnn": {"pair_error": 0.081},
}
"""Sabour et al. 2017, table 1, on pairs of their own with the same recipe."""


# === What is shown ===


def distorted(test: Images, seed: int) -> np.ndarray:
    """Digits moved, turned, scaled and slanted at once, more than training does it."""
    rng = np.random.default_rng(seed)

    def one(picture: np.ndarray) -> np.ndarray:
        how = pictures.matrix(
            turn=rng.uniform(-20, 20),
            scale=rng.uniform(0.8, 1.2),
            slant=rng.uniform(-0.2, 0.2),
            shift=tuple(rng.uniform(-3, 3, 2)),
        )
        return pictures.warped(picture, how)

    return np.stack([one(picture) for picture in test.pixels])


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


# === How often it is wrong ===


def error(said: np.ndarray, digits: np.ndarray) -> float:
    """Share of pictures whose digit is not the one that most speaks for."""
    return float((said.argmax(axis=1) != digits).mean())


def pair_errors(said: np.ndarray, digits: np.ndarray) -> dict[str, float]:
    """Of pictures of two digits: how often not both are right, and how often one is missed.

    Args:
        said: how much speaks for each digit, `(n, 10)`; the two highest are taken.
        digits: the true ones, `(n, 2)`.
    """
    found = np.argsort(-said, axis=1, kind="stable")[:, :2]
    missed = (digits[:, :, None] != found[:, None, :]).all(axis=2)
    return {"pair_error": float(missed.any(axis=1).mean()), "digit_error": float(missed.mean())}


# === What has learnt without a network ===


def neighbours(known: Images) -> Read:
    """The digits that most of the nearest training pictures show, pixel by pixel."""
    from sklearn.neighbors import KNeighborsClassifier

    fitted = KNeighborsClassifier(NEIGHBOURS, algorithm="brute")
    fitted.fit(known.pixels.reshape(len(known.digits), -1), known.digits)
    return lambda ink: np.asarray(fitted.predict_proba(ink.reshape(len(ink), -1)))


def linear(known: Images, seed: int) -> Read:
    """Ridge regression from the pixels of pairs to which digits are in them."""
    from sklearn.linear_model import Ridge

    ink, digits = pairs(known, 1, seed)
    wanted = np.zeros((len(ink), 10), np.float32)
    np.put_along_axis(wanted, digits, 1, axis=1)
    fitted = Ridge(10.0).fit(ink.reshape(len(ink), -1), wanted)
    return lambda seen: np.asarray(fitted.predict(seen.reshape(len(seen), -1)))
