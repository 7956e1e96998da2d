"""Photos with a box each: one's own, and altered ones whose boxes go along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mmdemo.core.data.photos import Photos, cut, random_window
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import MAX_PIXELS, open_image
from mmdemo.core.media.text import read_table
from mmdemo.core.nets import boxes
from mmdemo.core.train.batches import Shuffled

from . import outputs
from .config import Config, Input

TABLE = "boxes.csv"
EDGES = ("left", "top", "right", "bottom")
MIN_OWN, MIN_KIND = 40, 5
"""Pictures in all, and of each kind, in one's own data."""
TRIES = 10
"""Crops that are drawn in search of one that keeps the thing."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


# === One's own ===


def own(folder: Path, side: int) -> Photos:
    """One's own pictures, squashed to a square.

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
    images, drawn = [], []
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
        drawn.append(_box([column[row] for column in edges], picture.shape, where))
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
    return Photos(np.stack(images), labels, tuple(names), np.array(drawn, np.float32))


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


# === Altered ===


class Altered(Shuffled):
    """Batches of altered photos: `images, (one-hot classes, boxes)`.

    A network that asks whose box is wanted is told the true class: `(images, one-hot classes)`.
    """

    def __init__(self, photos: Photos, config: Config, seed: int) -> None:
        super().__init__(len(photos), config.training.batch, photos.take, seed)
        self.config = config

    def __getitem__(self, index: int) -> tuple[Any, tuple[np.ndarray, np.ndarray]]:
        photos = self.take(self.rows(index))
        rng = self.rng(index)
        altered = [
            alter(image, box, self.config.input, rng)
            for image, box in zip(photos.images, photos.boxes, strict=True)
        ]
        truth = outputs.one_hot(photos.labels, self.config.network.classes, len(photos))
        images, moved = (np.stack(part) for part in zip(*altered, strict=True))
        return (images, truth) if self.config.asks else images, (truth, moved)


def alter(
    image: np.ndarray, box: np.ndarray, how: Input, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Some pictures cropped, every second one mirrored, each with its box.

    Args:
        image: uint8 `(h, w, 3)`.
        box: `(4,)` in parts of its sides.
        how: what is altered, and how much.
        rng: draws.

    Returns:
        float32 `(side, side, 3)` from 0 to 255, and the box of what the crop kept, float32 `(4,)`.
    """
    window = crop(box, how, rng) if rng.random() < how.cropped else np.array(WHOLE)
    image, box = cut(image, window, how.side), boxes.within(box, window)
    if how.mirror and rng.random() < 0.5:
        image, box = image[:, ::-1], boxes.mirror(box)
    return image.astype(np.float32), box.astype(np.float32)


def crop(box: np.ndarray, how: Input, rng: np.random.Generator) -> np.ndarray:
    """A part of the picture, `(4,)` in parts of its sides, in which most of the box is visible.

    Where no draw keeps as much of the box as `how.visible` asks for, the whole picture.
    """
    for _ in range(TRIES):
        window = random_window(how.smallest_crop, rng)
        if boxes.visible(box, window) >= how.visible:
            return window
    return np.array(WHOLE)
