"""Photos with a box each: one's own, generated ones, and altered ones whose boxes go along."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image, ImageDraw

from mmdemo.core.data.tiny_imagenet import Photos
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import MAX_PIXELS, open_image
from mmdemo.core.media.text import read_table
from mmdemo.core.nets import boxes

from . import outputs
from .config import Config

TABLE = "boxes.csv"
EDGES = ("left", "top", "right", "bottom")
MIN_OWN, MIN_KIND = 40, 5
"""Pictures in all, and of each kind, in one's own data."""
RATIOS = (3 / 4, 4 / 3)
"""Width to height of a crop, between these."""
TRIES = 10
"""Crops that are drawn in search of one that keeps the thing."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


# === One's own ===


def own(folder: Path, side: int) -> tuple[Photos, list[str]]:
    """One's own pictures, squashed to a square, and the names of their kinds.

    `folder` holds the pictures and the table `boxes.csv` with the columns file, label, left, top,
    right and bottom: a picture a row, its box in pixels of the upright picture.

    Raises:
        UserError: a file or column is missing, a row makes no sense, or there are too few
            pictures; names the row.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder: give one with pictures and {TABLE}.")
    if not (folder / TABLE).is_file():
        raise UserError(
            f"{folder} has no {TABLE}: a table with the columns file, label, {', '.join(EDGES)}."
        )
    table = read_table(folder / TABLE, max_rows=1_000_000, max_bytes=1 << 30)
    files, kinds = table.column("file"), [label.strip() for label in table.column("label")]
    edges = [table.column(name) for name in EDGES]
    names = sorted(set(kinds))
    images, found = [], []
    read: set[Path] = set()
    for row, file in enumerate(files):
        where = f"Row {row + 2} of {TABLE}"
        path = (folder / file.strip()).resolve()
        if path.is_dir():
            raise UserError(f"{where} names no file.")
        if path in read:  # one in the training and one in the test part would be no test
            raise UserError(f"{where} has {file.strip()} a second time: one box a picture.")
        read.add(path)
        if not kinds[row]:
            raise UserError(f"{where} has no label.")
        try:
            picture = open_image(path, max_side=MAX_PIXELS)
        except MediaError as error:
            raise UserError(f"{where}, {file}: {error}") from error
        found.append(_box([column[row] for column in edges], picture.shape, where))
        images.append(outputs.squash(picture, side))
    if len(images) < MIN_OWN:
        raise UserError(f"{TABLE} names {len(images)} pictures; at least {MIN_OWN} are needed.")
    if len(names) < 2:
        raise UserError(f"All pictures are called '{names[0]}'; at least two kinds are needed.")
    rarest = min(names, key=kinds.count)
    if kinds.count(rarest) < MIN_KIND:
        raise UserError(
            f"There are {kinds.count(rarest)} pictures of '{rarest}'; at least {MIN_KIND} of each "
            "kind are needed."
        )
    labels = np.array([names.index(kind) for kind in kinds])
    return Photos(np.stack(images), labels, np.array(found, np.float32)), names


def _box(cells: list[str], shape: tuple[int, ...], where: str) -> list[float]:
    """In parts of the picture's sides."""
    try:
        left, top, right, bottom = (float(cell) for cell in cells)
    except ValueError as error:
        raise UserError(f"{where}: {', '.join(cells)} are not four numbers.") from error
    height, width = shape[:2]
    # A comparison with NaN is false.
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise UserError(
            f"{where}: the box {', '.join(cells)} does not lie in the picture, which is {width} "
            f"pixels wide and {height} high, or its edges are the wrong way round."
        )
    return [left / width, top / height, right / width, bottom / height]


def split(labels: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to keep and rows held out: the same share of each kind, one at least."""
    rng = np.random.default_rng(seed)
    held = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        held.append(rng.choice(rows, max(1, round(share * len(rows))), replace=False))
    out = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), out), out


# === Altered ===


class Batches(keras.utils.PyDataset):
    """Batches of altered photos: `images, (one-hot classes, boxes)`.

    A network that asks whose box is wanted is told the true class: `(images, one-hot classes)`.
    Each batch is determined by the seed, the epoch and its number alone, so that an interrupted
    training goes on as if it had not been. `training.Clock` tells the epoch.
    """

    def __init__(self, photos: Photos, config: Config, seed: int) -> None:
        super().__init__()
        self.photos = photos
        self.config = config
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return math.ceil(len(self.photos) / self.config.batch)

    def __getitem__(self, index: int) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.photos))
        rows = order[index * self.config.batch : (index + 1) * self.config.batch]
        rng = np.random.default_rng([self.seed, self.epoch, index])
        altered = [
            alter(self.photos.images[row], self.photos.boxes[row], self.config, rng) for row in rows
        ]
        truth = outputs.one_hot(self.photos.labels[rows], self.config.classes, len(rows))
        images, found = (np.stack(part) for part in zip(*altered, strict=True))
        return (images, truth) if self.config.asks else images, (truth, found)


def alter(
    image: np.ndarray, box: np.ndarray, config: Config, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Some pictures cropped, every second one mirrored, each with its box.

    Args:
        image: uint8 `(h, w, 3)`.
        box: `(4,)` in parts of its sides.
        config: what is altered, and how much.
        rng: draws.

    Returns:
        float32 `(side, side, 3)` from 0 to 255, and the box of what the crop kept, float32 `(4,)`.
    """
    window = crop(box, config, rng) if rng.random() < config.cropped else np.array(WHOLE)
    height, width = image.shape[:2]
    if tuple(window) != WHOLE or (height, width) != (config.side, config.side):
        pixels = tuple(window * (width, height, width, height))
        image = np.asarray(
            Image.fromarray(image).resize(
                (config.side, config.side), Image.Resampling.BILINEAR, pixels
            )
        )
    box = boxes.within(box, window)
    if config.mirror and rng.random() < 0.5:
        image, box = image[:, ::-1], boxes.mirror(box)
    return image.astype(np.float32), box.astype(np.float32)


def crop(box: np.ndarray, config: Config, rng: np.random.Generator) -> np.ndarray:
    """A part of the picture, `(4,)` in parts of its sides, in which most of the box is visible.

    Where no draw keeps as much of the box as `config.visible` asks for, the whole picture.
    """
    for _ in range(TRIES):
        area = rng.uniform(config.smallest_crop, 1)
        ratio = math.exp(rng.uniform(*np.log(RATIOS)))
        width, height = min(math.sqrt(area * ratio), 1), min(math.sqrt(area / ratio), 1)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        # Rounding must not carry it over the edge, where there are no pixels.
        window = np.clip([left, top, left + width, top + height], 0, 1)
        if boxes.visible(box, window) >= config.visible:
            return window
    return np.array(WHOLE)


# === Generated ===

SHAPES = ("disc", "square", "triangle")


def generated(count: int, side: int = 16, seed: int = 0) -> Photos:
    """Drawn shapes of three kinds and their boxes, for tests."""
    rng = np.random.default_rng(seed)
    images, labels, found = [], [], []
    for _ in range(count):
        label = int(rng.integers(len(SHAPES)))
        width, height = rng.integers(side // 3, side * 3 // 4 + 1, 2)
        left, top = rng.integers(0, side - width + 1), rng.integers(0, side - height + 1)
        picture = Image.new("RGB", (side, side), tuple(map(int, rng.integers(0, 90, 3))))
        pen = ImageDraw.Draw(picture)
        box = (int(left), int(top), int(left + width - 1), int(top + height - 1))
        colour = tuple(map(int, rng.integers(140, 256, 3)))
        if SHAPES[label] == "disc":
            pen.ellipse(box, colour)
        elif SHAPES[label] == "square":
            pen.rectangle(box, colour)
        else:
            pen.polygon([(box[0], box[3]), (box[2], box[3]), (left + width // 2, top)], colour)
        images.append(np.asarray(picture))
        labels.append(label)
        found.append([left, top, left + width, top + height])
    return Photos(np.stack(images), np.array(labels), np.array(found, np.float32) / side)
