"""Pictures to train on: crops, mirror images and blends, drawn anew each epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data.photos import Photos, random_window
from mmdemo.core.errors import UserError, naming
from mmdemo.core.media.image import open_image
from mmdemo.core.serve.applications import fit
from mmdemo.core.train.batches import Shuffled

from .config import Config

LEAST = 20
"""Own pictures of a class that a training needs."""


def own(folder: Path, side: int) -> Photos:
    """A folder per class with its pictures in it, each cut to its middle square.

    Raises:
        UserError: there is no such folder, or fewer than two classes of `LEAST` pictures.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    images, labels, names = [], [], []
    for place in sorted(path for path in _seen(folder) if path.is_dir()):
        pictures = []
        for file in sorted(path for path in _seen(place) if path.is_file()):
            with naming(file):
                pictures.append(fit(open_image(file), (side, side)))
        if len(pictures) < LEAST:
            raise UserError(
                f"'{place.name}' has {len(pictures)} pictures; a class needs at least {LEAST}."
            )
        labels += [len(names)] * len(pictures)
        names.append(place.name)
        images += pictures
    if len(names) < 2:
        raise UserError(f"{folder} needs a folder for each of two classes or more.")
    return Photos(np.stack(images), np.array(labels), tuple(names))


def _seen(folder: Path) -> list[Path]:
    """What a person put there; systems and editors leave hidden files."""
    return [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name != "Thumbs.db"
    ]


class Altered(Shuffled):
    """Batches of altered pictures whose side grows with the epochs.

    Each batch is determined by the seed, the epoch and its number alone, so that an interrupted
    training goes on as if it had not been.

    Args:
        pictures: of which batches are made; those that fill none wait for another epoch.
        config: sizes, crops and blends.
        seed: of every random choice.
    """

    def __init__(self, pictures: Photos, config: Config, seed: int) -> None:
        super().__init__(len(pictures), config.training.batch, pictures.take, seed)
        self.config = config

    def __len__(self) -> int:
        return self.count // self.size

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        pictures = self.take(self.rows(index))
        rng = self.rng(index)
        side = self._side(index, rng)
        smallest, mix = self.config.input.smallest_crop, self.config.input.mix
        images = np.stack([alter(image, side, smallest, rng) for image in pictures.images])
        truth = np.eye(self.config.network.classes, dtype=np.float32)[pictures.labels]
        if rng.random() < mix:
            blend = mixup if rng.random() < 0.5 else cutmix
            return blend(images, truth, rng)
        return images, truth

    def _side(self, index: int, rng: np.random.Generator) -> int:
        sides = self.config.input.sides
        if self.epoch == 0 and index < 2:  # Keras learns from these that the side varies
            return sides[min(index, len(sides) - 1)]
        progress = self.epoch / max(self.config.training.epochs - 1, 1) * (len(sides) - 1)
        return sides[min(int(progress + rng.random()), len(sides) - 1)]


def alter(image: np.ndarray, side: int, smallest: float, rng: np.random.Generator) -> np.ndarray:
    """A random crop, scaled to `(side, side, 3)`, every second one mirrored; float32.

    Args:
        image: uint8 `(height, width, 3)`.
        side: in pixels.
        smallest: part of the picture's area that the crop keeps, at least; 1 alters nothing.
        rng: draws.
    """
    height, width = image.shape[:2]
    box = tuple(random_window(smallest, rng) * (width, height, width, height))
    if box != (0, 0, width, height) or side != height:
        scaled = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR, box)
        image = np.asarray(scaled)
    if smallest < 1 and rng.random() < 0.5:
        image = image[:, ::-1]
    return image.astype(np.float32)


def mixup(
    images: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each picture over another one, and so its truth (Zhang et al. 2018)."""
    share = np.float32(rng.beta(0.2, 0.2))
    other = rng.permutation(len(images))
    return (
        share * images + (1 - share) * images[other],
        share * truth + (1 - share) * truth[other],
    )


def cutmix(
    images: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A rectangle of each picture from another one, its truth by area (Yun et al. 2019)."""
    side = images.shape[1]
    length = round(side * np.sqrt(rng.random()))
    top, left = rng.integers(0, side - length + 1, 2)
    other = rng.permutation(len(images))
    mixed = images.copy()
    window = np.s_[:, top : top + length, left : left + length]
    mixed[window] = images[other][window]
    share = np.float32(1 - (length / side) ** 2)
    return mixed, share * truth + (1 - share) * truth[other]
