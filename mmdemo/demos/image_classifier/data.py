"""Pictures to train on: crops, mirror images and blends, drawn anew each epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmdemo.core.data.photos import Photos, cut, random_window
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
    for place in filter(Path.is_dir, _seen(folder)):
        files = list(filter(Path.is_file, _seen(place)))
        for file in files:
            with naming(file):
                images.append(fit(open_image(file), (side, side)))
        if len(files) < LEAST:
            raise UserError(
                f"'{place.name}' has {len(files)} pictures; a class needs at least {LEAST}."
            )
        labels += [len(names)] * len(files)
        names.append(place.name)
    if len(names) < 2:
        raise UserError(f"{folder} needs a folder for each of two classes or more.")
    return Photos(np.stack(images), np.array(labels), tuple(names))


def _seen(folder: Path) -> list[Path]:
    """What a person put there; systems and editors leave hidden files."""
    paths = sorted(folder.iterdir())
    return [path for path in paths if path.name[0] != "." and path.name != "Thumbs.db"]


class Altered(Shuffled):
    """Batches of altered pictures whose side grows with the epochs.

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
            return (mixup if rng.random() < 0.5 else cutmix)(images, truth, rng)
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
    image = cut(image, random_window(smallest, rng), side)
    if smallest < 1 and rng.random() < 0.5:
        image = image[:, ::-1]
    return image.astype(np.float32)


def mixup(
    images: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Each picture over another one, and so its truth (Zhang et al. 2018)."""
    share = np.float32(rng.beta(0.2, 0.2))
    other = rng.permutation(len(images))
    mixed, mixed_truth = (share * x + (1 - share) * x[other] for x in (images, truth))
    return mixed, mixed_truth


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
