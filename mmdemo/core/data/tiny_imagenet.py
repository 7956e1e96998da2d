"""Tiny ImageNet: 64 x 64 photos of 200 kinds of things, each with the box of its thing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from mmdemo.core.data import datasets
from mmdemo.core.data.photos import Photos

NAME = "tiny_imagenet_250"
SIDE = 64
PER_CLASS = 250
"""Training photos of a class that are read, of the set's 500: the first ones."""


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
        drawn = {name: box for name, *box in (row.split() for row in rows)}
        for number in range(PER_CLASS):
            name = f"{wnid}_{number}.JPEG"
            files.append(folder / wnid / "images" / name)
            labels.append(label)
            boxes.append(drawn[name])
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


def _folder() -> Path:
    return datasets.path(NAME)


def _wnids() -> list[str]:
    return sorted((_folder() / "wnids.txt").read_text(encoding="utf-8").split())


def _photos(files: list[Path], labels: list[int], boxes: list[list[str]]) -> Photos:
    """The boxes' last row and column belong to them: an edge at 63 is the photo's edge."""
    with ThreadPoolExecutor() as pool:
        images = np.stack(list(pool.map(_decode, files)))
    edges = np.asarray(boxes, np.float32) + np.array([0, 0, 1, 1], np.float32)
    return Photos(images, np.asarray(labels), tuple(names()), np.clip(edges / SIDE, 0, 1))


def _decode(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))
