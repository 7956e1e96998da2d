"""Crops of pictures, altered anew in each epoch. Importing this module imports Keras."""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.core.train.batches import Batches

from .config import Config
from .data import OFTEN, VOID, Pictures
from .frame import stretch
from .targets import of_labels


class Altered(Batches):
    """Batches of crops: stretched pixels `(n, crop, crop, 3)` and what is to be said of each.

    That is maps from 0 to 1, or the kind of each pixel and `data.VOID`, `(n, crop, crop, 1)`.

    Args:
        pictures: to draw from; rare kinds are drawn more often than there are.
        config: how they are altered, and how many make a batch and an epoch.
        seed: of every random choice.
    """

    def __init__(self, pictures: Pictures, config: Config, seed: int) -> None:
        super().__init__(seed)
        self.config = config
        self.images = [stretch(image, config.input).astype(np.uint8) for image in pictures.images]
        if config.network.kinds:
            self.targets = [labels.astype(np.uint8) for labels in pictures.labels]
        else:
            self.targets = [
                np.round(255 * of_labels(labels, config.network.maps)).astype(np.uint8)
                for labels in pictures.labels
            ]
        weights = np.ones(len(pictures))
        if pictures.stains:
            often = [OFTEN[stain] / pictures.stains.count(stain) for stain in pictures.stains]
            weights = np.array(often)
        self.chances = weights / weights.sum()

    def __len__(self) -> int:
        return self.config.training.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng(index)
        rows = rng.choice(len(self.images), self.config.training.batch, p=self.chances)
        crops = [self._crop(int(row), rng) for row in rows]
        return np.stack([crop[0] for crop in crops]), np.stack([crop[1] for crop in crops])

    def _crop(self, row: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        training, kinds = self.config.training, self.config.network.kinds
        image, target = self.images[row], self.targets[row]
        place = upright if kinds else turned
        matrix = place(image.shape[:2], training.crop, training.zoom, rng)
        size = (training.crop, training.crop)
        pixels = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REFLECT)
        if kinds:
            wanted = cv2.warpAffine(target, matrix, size, flags=cv2.INTER_NEAREST, borderValue=VOID)
            return recoloured(pixels, rng), wanted[..., None]
        wanted = cv2.warpAffine(target, matrix, size, borderMode=cv2.BORDER_REFLECT)
        wanted = wanted.reshape(*size, -1).astype(np.float32) / 255
        return recoloured(pixels, rng), wanted


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
