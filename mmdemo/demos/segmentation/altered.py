"""Crops of pictures, altered anew in each epoch. Importing this module imports Keras."""

from __future__ import annotations

import cv2
import numpy as np

from mmdemo.core.data.outlined import VOID, Pictures
from mmdemo.core.media.stretch import stretch
from mmdemo.core.train.batches import Batches
from mmdemo.core.train.crops import recoloured, turned, upright

from .config import Config
from .targets import of_labels


class Altered(Batches):
    """Batches of crops: stretched pixels `(n, crop, crop, 3)` and what is to be said of each.

    That is maps from 0 to 1, or the kind of each pixel and `outlined.VOID`, `(n, crop, crop, 1)`.

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
        self.chances = pictures.chances()

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
