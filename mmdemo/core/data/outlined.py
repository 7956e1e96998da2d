"""Pictures with a map of what belongs to which thing or kind: nuclei, and one's own."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mmdemo.core.data import datasets
from mmdemo.core.data.splits import hold_out
from mmdemo.core.errors import MediaError, UserError
from mmdemo.core.media.image import MAX_PIXELS, SUFFIXES, open_image, upright_size
from mmdemo.core.media.stretch import Input, bounded

OWN_SHARE = 0.2
"""Of one's own pictures, which are held out."""
MIN_OWN = 10
"""Pictures of one's own that are needed, at least."""
STAINS = ("fluorescence", "histology", "brightfield")
VOID = 255
"""In a map of kinds: nobody says what is there, and nothing is asked of it."""
_NUMBERS = {
    False: "0 for none and 1, 2, 3 ... for the pixels of each thing",
    True: f"the numbers of the lines of classes.txt, from 0, and {VOID} for unknown",
}
"""In a map of labels, by whether it tells kinds apart."""
TOO_LARGE = (Image.DecompressionBombError, Image.DecompressionBombWarning)
OFTEN = {"fluorescence": 0.62, "histology": 0.24, "brightfield": 0.14}
"""How often training sees a kind of picture: rare ones more often than there are."""


@dataclass(frozen=True)
class Pictures:
    """Pictures of any size, and what people drew around in them.

    Attributes:
        images: uint8 `(h, w, 3)` each.
        labels: int32 `(h, w)` each: 0 for none, 1 to n for each thing; or the kind of each pixel,
            by `names`, and `VOID` where nobody says.
        stains: of the microscopes, by `STAINS`; empty where nobody says.
        files: their names, for messages and to tell them apart.
        names: of kinds, where pixels are told apart by these.
    """

    images: list[np.ndarray]
    labels: list[np.ndarray]
    stains: list[str]
    files: list[str]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Sequence[int] | np.ndarray) -> Pictures:
        """The pictures at some places."""
        chosen = [int(row) for row in rows]
        return Pictures(
            [self.images[row] for row in chosen],
            [self.labels[row] for row in chosen],
            [self.stains[row] for row in chosen] if self.stains else [],
            [self.files[row] for row in chosen],
            self.names,
        )

    def chances(self) -> np.ndarray:
        """How often training sees each, `(n,)`: rare kinds more often than there are."""
        weights = np.ones(len(self))
        if self.stains:
            weights = np.array([OFTEN[stain] / self.stains.count(stain) for stain in self.stains])
        return weights / weights.sum()

    def bounded(self, how: Input) -> Pictures:
        """The same in the size that networks look at."""
        images = [bounded(image, how) for image in self.images]
        labels = [
            in_size(each, image.shape) for each, image in zip(self.labels, images, strict=True)
        ]
        if not self.names:  # small things may be gone
            labels = [numbered(each) for each in labels]
        return dataclasses.replace(self, images=images, labels=labels)


def nuclei(part: str) -> Pictures:
    """A part of the public set: `train`, `val` or `test`.

    The split keeps neighbouring tiles of one field together (see `SPLIT.txt` beside the pictures).

    Raises:
        DataMissing: it is not in the data folder.
    """
    folder = datasets.path("dsb2018")
    with (folder / "images.csv").open(encoding="utf-8", newline="") as file:
        stains = {row["name"]: row["type"] for row in csv.DictReader(file)}
    names = (folder / f"{part}.txt").read_text(encoding="utf-8").split()
    names = [Path(name).stem for name in names]
    return Pictures(
        [open_image(folder / "images" / f"{name}.png") for name in names],
        [numbered(label_map(folder / "labels" / f"{name}.png")) for name in names],
        [stains[name] for name in names],
        names,
    )


def own(folder: Path, by_kind: bool = False) -> Pictures:
    """One's own pictures: `folder/images` holds them, `folder/labels` a PNG of the same name each.

    Args:
        folder: with these two.
        by_kind: the maps tell kinds apart, whose names are the lines of `folder/classes.txt`.

    Raises:
        UserError: a file is missing or makes no sense, or there are too few; names the file.
    """
    images, labels = folder / "images", folder / "labels"
    if not images.is_dir() or not labels.is_dir():
        raise UserError(
            f"{folder} needs the folders images (the pictures) and labels (a PNG of the same name "
            f"for each: {_NUMBERS[by_kind]})."
        )
    files = sorted(path for path in images.iterdir() if path.suffix.lower() in SUFFIXES)
    if len(files) < MIN_OWN:
        raise UserError(
            f"{images} has {len(files)} pictures; at least {MIN_OWN} are needed to train and to "
            "measure."
        )
    read = Pictures([], [], [], [], _names(folder) if by_kind else ())
    for path in files:
        try:
            picture = open_image(path)
        except MediaError as error:
            raise UserError(f"{path}: {error}") from error
        drawn = labels / f"{path.stem}.png"
        if not drawn.is_file():
            raise UserError(f"{path.name} has no map of labels: {drawn} is missing.")
        known = label_map(drawn)
        width, height = upright_size(path)
        if known.shape != (height, width):
            raise UserError(
                f"{drawn} has {known.shape[1]} x {known.shape[0]} pixels, and its picture "
                f"{width} x {height}."
            )
        known = in_size(known, picture.shape)  # which may be scaled down
        read.images.append(picture)
        if by_kind:
            unknown = set(np.unique(known).tolist()) - {*range(len(read.names)), VOID}
            if unknown:
                raise UserError(
                    f"{drawn} has the value {min(unknown)}: classes.txt names {len(read.names)} "
                    f"kinds, which are 0 to {len(read.names) - 1}, and {VOID} is for pixels that "
                    "nobody can tell."
                )
        read.labels.append(known.astype(np.int32) if by_kind else numbered(known))
        read.files.append(path.name)
    if not by_kind and not any(known.any() for known in read.labels):
        raise UserError(f"No map in {labels} has a thing: all their pixels are 0.")
    if by_kind and all((known == VOID).all() for known in read.labels):
        raise UserError(f"No map in {labels} has a kind: all their pixels are {VOID}.")
    return read


def own_parts(
    folder: Path, seed: int, by_kind: bool = False
) -> tuple[Pictures, Pictures, Pictures]:
    """The same in three parts: to learn from, to choose by and to measure on, a fifth each time.

    Args:
        folder, by_kind: as `own` takes them.
        seed: of the choice.
    """
    pictures = own(folder, by_kind)
    one = np.zeros(len(pictures), int)  # no picture has a class of its own
    known, test = map(pictures.take, hold_out(one, OWN_SHARE, seed))
    rows = hold_out(np.zeros(len(known), int), OWN_SHARE, seed)
    known, held_out = map(known.take, rows)
    return known, held_out, test


def in_size(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A map of labels with so many rows and columns; each pixel has the label of a nearest one."""
    if labels.shape == tuple(shape[:2]):
        return labels
    rows = ((np.arange(shape[0]) + 0.5) * labels.shape[0] / shape[0]).astype(int)
    columns = ((np.arange(shape[1]) + 0.5) * labels.shape[1] / shape[1]).astype(int)
    return labels[rows[:, None], columns]


def _names(folder: Path) -> tuple[str, ...]:
    file = folder / "classes.txt"
    if not file.is_file():
        raise UserError(f"{file} is missing: a line for each kind, its name; the first is 0.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not a text in UTF-8.") from error
    names = tuple(line.strip() for line in text.rstrip().splitlines())
    if not 2 <= len(names) <= VOID:
        raise UserError(f"{file} names {len(names)} kinds; from 2 to {VOID} there can be.")
    if "" in names or len(set(names)) < len(names):
        raise UserError(f"{file} has an empty line, or a name twice: each line names a kind.")
    return names


def label_map(path: Path) -> np.ndarray:
    """Whole numbers of a PNG, `(h, w)`."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UserError(f"{path} has more than {MAX_PIXELS:,} pixels.")
            if image.mode not in ("L", "P", "1", "I", "I;16", "I;16B"):
                raise UserError(
                    f"{path} has several channels ({image.mode}); a map of labels has one, of "
                    "whole numbers."
                )
            values = np.asarray(image)
    except (*TOO_LARGE, UnidentifiedImageError, OSError, SyntaxError) as error:
        raise UserError(f"{path} cannot be read as a PNG: {error}.") from error
    return values


def numbered(values: np.ndarray) -> np.ndarray:
    """The same map with its things numbered from 1 without gaps, int32."""
    known, places = np.unique(values, return_inverse=True)
    first = 0 if known.size and known[0] == 0 else 1
    return (places.reshape(values.shape) + first).astype(np.int32)
