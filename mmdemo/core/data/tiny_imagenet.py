"""Tiny ImageNet: 64 x 64 photos of 200 kinds of things, each with the box of its thing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import datasets

NAME = "tiny_imagenet_250"
SIDE = 64
PER_CLASS = 250
"""Training photos of a class that are read, of the set's 500: the first ones."""


@dataclass(frozen=True)
class Photos:
    """Photos of one part of the set.

    Attributes:
        images: uint8 `(n, 64, 64, 3)`.
        labels: int64 `(n,)`, indices of the class names.
        boxes: float32 `(n, 4)`: left, top, right, bottom in parts of the side, 0 to 1.
    """

    images: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> Photos:
        """The photos at some places."""
        return Photos(self.images[rows], self.labels[rows], self.boxes[rows])


def names() -> list[str]:
    """What each class is called: the first of WordNet's synonyms.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    lines = (_folder() / "words.txt").read_text(encoding="utf-8").splitlines()
    words = dict(line.split("\t", 1) for line in lines if "\t" in line)
    return [words[wnid].split(",")[0].strip() for wnid in _wnids()]


def train() -> Photos:
    """The training part, without the photos that also stand in the validation part.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = _folder() / "train"
    files, labels, boxes = [], [], []
    for label, wnid in enumerate(_wnids()):
        rows = (folder / wnid / f"{wnid}_boxes.txt").read_text(encoding="utf-8").splitlines()
        found = {name: box for name, *box in (row.split() for row in rows)}
        for number in range(PER_CLASS):
            name = f"{wnid}_{number}.JPEG"
            files.append(folder / wnid / "images" / name)
            labels.append(label)
            boxes.append(found[name])
    photos = _photos(files, labels, boxes)
    held = {image.tobytes() for image in validation().images}
    kept = [row for row, image in enumerate(photos.images) if image.tobytes() not in held]
    return photos.take(np.array(kept))


def validation() -> Photos:
    """The official validation part, 10,000 photos.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = _folder() / "val"
    index = {wnid: label for label, wnid in enumerate(_wnids())}
    rows = (folder / "val_annotations.txt").read_text(encoding="utf-8").splitlines()
    parts = [row.split() for row in rows]
    files = [folder / "images" / name for name, *_ in parts]
    return _photos(files, [index[wnid] for _, wnid, *_ in parts], [box for _, _, *box in parts])


def hold_out(labels: np.ndarray, per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows that choose and calibrate, `per_class` of each class."""
    rng = np.random.default_rng(seed)
    held = [
        rng.choice(np.flatnonzero(labels == label), per_class, replace=False)
        for label in np.unique(labels)
    ]
    rows = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), rows), rows


def _folder() -> Path:
    return datasets.path(NAME)


def _wnids() -> list[str]:
    return sorted((_folder() / "wnids.txt").read_text(encoding="utf-8").split())


def _photos(files: list[Path], labels: list[int], boxes: list[list[str]]) -> Photos:
    """The boxes' last row and column belong to them: an edge at 63 is the photo's edge."""
    with ThreadPoolExecutor() as pool:
        images = np.stack(list(pool.map(_decode, files)))
    edges = np.asarray(boxes, np.float32) + np.array([0, 0, 1, 1], np.float32)
    return Photos(images, np.asarray(labels), np.clip(edges / SIDE, 0, 1))


def _decode(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))
