"""Pictures to train on: crops, mirror images and blends, drawn anew each epoch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from mmdemo.core.data import tiny_imagenet
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import open_image

from .config import Config

RATIOS = (3 / 4, 4 / 3)
"""Width to height of a crop, between these."""

LEAST = 20
"""Own pictures of a class that a training needs."""


@dataclass(frozen=True)
class Pictures:
    """Pictures with their classes.

    Attributes:
        images: uint8 `(n, side, side, 3)`.
        labels: `(n,)`, indices of `names`.
        names: of the classes.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> Pictures:
        """The pictures at some places."""
        return Pictures(self.images[rows], self.labels[rows], self.names)


def public() -> tuple[Pictures, Pictures]:
    """Tiny ImageNet: its training part, and its official validation part.

    Raises:
        DataMissing: it is not in the data folder.
    """
    names = tuple(tiny_imagenet.names())
    parts = tiny_imagenet.train(), tiny_imagenet.validation()
    known, test = (Pictures(part.images, part.labels, names) for part in parts)
    return known, test


def own(folder: Path, side: int) -> Pictures:
    """A folder per class with its pictures in it, each cut to its middle square.

    Raises:
        UserError: there is no such folder, or fewer than two classes of `LEAST` pictures.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    images, labels, names = [], [], []
    for place in sorted(path for path in _seen(folder) if path.is_dir()):
        found = []
        for file in sorted(path for path in _seen(place) if path.is_file()):
            try:
                found.append(square(open_image(file), side))
            except MediaError as error:
                raise UserError(f"{file}: {error}") from error
        if len(found) < LEAST:
            raise UserError(
                f"'{place.name}' has {len(found)} pictures; a class needs at least {LEAST}."
            )
        labels += [len(names)] * len(found)
        names.append(place.name)
        images += found
    if len(names) < 2:
        raise UserError(f"{folder} needs a folder for each of two classes or more.")
    return Pictures(np.stack(images), np.array(labels), tuple(names))


def _seen(folder: Path) -> list[Path]:
    """What a person put there; systems and editors leave hidden files."""
    return [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name != "Thumbs.db"
    ]


def square(image: np.ndarray, side: int) -> np.ndarray:
    """The middle square of a picture, scaled to `(side, side, 3)`."""
    height, width = image.shape[:2]
    length = min(height, width)
    left, top = (width - length) / 2, (height - length) / 2
    box = (left, top, left + length, top + length)
    scaled = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC, box)
    return np.asarray(scaled)


class Batches(keras.utils.PyDataset):
    """Batches of altered pictures whose side grows with the epochs.

    Each batch is determined by the seed, the epoch and its number alone, so that an interrupted
    training goes on as if it had not been. `training.Clock` tells the epoch.

    Args:
        images: uint8 `(n, side, side, 3)`.
        labels: `(n,)`.
        config: sizes, crops and blends.
        seed: of every random choice.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, config: Config, seed: int) -> None:
        super().__init__()
        self.images, self.labels = images, labels
        self.config = config
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.labels) // self.config.batch

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.labels))
        rows = order[index * self.config.batch : (index + 1) * self.config.batch]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        side = self._side(index, rng)
        images = np.stack([alter(image, side, self.config, rng) for image in self.images[rows]])
        truth = np.eye(self.config.classes, dtype=np.float32)[self.labels[rows]]
        if rng.random() < self.config.mix:
            blend = mixup if rng.random() < 0.5 else cutmix
            return blend(images, truth, rng)
        return images, truth

    def _side(self, index: int, rng: np.random.Generator) -> int:
        sides = self.config.sides
        if self.epoch == 0 and index < 2:  # Keras learns from these that the side varies
            return sides[min(index, len(sides) - 1)]
        progress = self.epoch / max(self.config.epochs - 1, 1) * (len(sides) - 1)
        return sides[min(int(progress + rng.random()), len(sides) - 1)]


def alter(image: np.ndarray, side: int, config: Config, rng: np.random.Generator) -> np.ndarray:
    """A random crop, scaled to `(side, side, 3)`, every second one mirrored; float32."""
    box = crop(image.shape[0], image.shape[1], config.smallest_crop, rng)
    if box != (0, 0, image.shape[1], image.shape[0]) or side != image.shape[0]:
        scaled = Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR, box)
        image = np.asarray(scaled)
    if config.smallest_crop < 1 and rng.random() < 0.5:
        image = image[:, ::-1]
    return image.astype(np.float32)


def crop(
    height: int, width: int, smallest: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a part of the picture with at least `smallest` of its area."""
    area = rng.uniform(smallest, 1)
    ratio = np.exp(rng.uniform(*np.log(RATIOS))) if smallest < 1 else 1.0
    part_width = min(float(np.sqrt(area * ratio)), 1.0) * width
    part_height = min(float(np.sqrt(area / ratio)), 1.0) * height
    left = rng.uniform(0, width - part_width)
    top = rng.uniform(0, height - part_height)
    return left, top, left + part_width, top + part_height


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
