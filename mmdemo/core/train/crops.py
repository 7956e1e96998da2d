"""Crops of pictures as training sees them: where they are taken from, and in which light."""

from __future__ import annotations

import cv2
import numpy as np


def upright(shape: tuple[int, ...], crop: int, zoom: float, rng: np.random.Generator) -> np.ndarray:
    """Where a crop's pixels are taken from in a picture that has an above and a below, `(2, 3)`."""
    scale = np.exp(rng.uniform(-1, 1) * np.log(zoom))
    return _moved(scale * np.diag([rng.choice([-1.0, 1.0]), 1.0]), scale, shape, crop, rng)


def turned(shape: tuple[int, ...], crop: int, zoom: float, rng: np.random.Generator) -> np.ndarray:
    """Where a crop's pixels are taken from: mirrored, turned, scaled and shifted, `(2, 3)`.

    Args:
        shape: height and width of the picture.
        crop: side of the crop.
        zoom: the strongest scaling.
        rng: draws.
    """
    angle = rng.integers(4) * np.pi / 2 + rng.uniform(-0.2, 0.2)
    scale = np.exp(rng.uniform(-1, 1) * np.log(zoom))
    axes = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    axes[:, 0] *= rng.choice([-1, 1])
    return _moved(axes, scale, shape, crop, rng)


def _moved(
    axes: np.ndarray, scale: float, shape: tuple[int, ...], crop: int, rng: np.random.Generator
) -> np.ndarray:
    """The same axes, with a place of the picture in the crop's middle; the crop leaves it as little
    as can be."""
    reach = crop / scale / 2
    middle = [
        rng.uniform(min(reach, side / 2), max(side - reach, side / 2))
        for side in (shape[1], shape[0])
    ]
    return np.concatenate([axes, (crop / 2 - axes @ middle)[:, None]], axis=1)


def recoloured(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other light, other stain, other noise: float32 from 0 to 255."""
    bright = pixels.astype(np.float32) / 255
    bright = bright ** np.exp(rng.uniform(-0.5, 0.5))
    bright = bright * (1 + rng.uniform(-0.15, 0.15, 3 if rng.random() < 0.5 else 1))
    bright = bright + rng.uniform(-0.08, 0.08)
    if rng.random() < 0.3:
        bright = cv2.GaussianBlur(bright, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.3:
        grain = rng.normal(0, rng.uniform(0.01, 0.06), bright.shape[:2])
        bright = bright + grain[..., None]
    return (255 * np.clip(bright, 0, 1)).astype(np.float32)
