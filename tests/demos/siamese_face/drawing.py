"""People that are drawn, not photographed: no test needs files of real ones."""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.demos.siamese_face import faces
from mmdemo.demos.siamese_face.data import People


def people(count: int = 12, photos: int = 6, seed: int = 0) -> People:
    """Drawn faces that differ in their proportions."""
    rng = np.random.default_rng(seed)
    images = [
        draw_face(features, rng) for features in rng.random((count, 8)) for _ in range(photos)
    ]
    names = tuple(f"person {index + 1}" for index in range(count))
    return People(np.stack(images), np.repeat(np.arange(count), photos), names)


def draw_face(features: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """A simple face, uint8 `(faces.HEIGHT, faces.WIDTH)`.

    Args:
        features: eight numbers from 0 to 1: proportions and shades of a person.
        rng: moves the head and the light a little, differently in each drawing; None draws the
            person straight.
    """
    wide, long, eyes, eye_size, nose, mouth, skin, hair = np.asarray(features, dtype=float)
    image = np.full((faces.HEIGHT, faces.WIDTH), 90, np.uint8)
    x, y = (faces.WIDTH // 2, 62) if rng is None else rng.integers((42, 58), (51, 67))
    shade = int(130 + 90 * skin)
    axes = (int(24 + 12 * wide), int(34 + 10 * long))
    cv2.ellipse(
        image, (int(x), int(y) - 8), (axes[0] + 3, axes[1]), 0, 0, 360, int(20 + 70 * hair), -1
    )
    cv2.ellipse(image, (int(x), int(y)), axes, 0, 0, 360, shade, -1)
    apart = int(9 + 8 * eyes)
    for side in (-apart, apart):
        cv2.circle(image, (int(x) + side, int(y) - 8), int(2 + 4 * eye_size), 30, -1)
    cv2.line(image, (int(x), int(y) - 2), (int(x), int(y + 4 + 10 * nose)), shade - 60, 3)
    half = int(6 + 12 * mouth)
    cv2.line(image, (int(x) - half, int(y) + 22), (int(x) + half, int(y) + 22), 50, 3)
    if rng is None:
        return image
    light = 1 + rng.normal(0, 0.1) + rng.normal(0, 0.05, image.shape)
    return np.clip(image * light, 0, 255).astype(np.uint8)
