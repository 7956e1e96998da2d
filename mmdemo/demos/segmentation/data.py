"""The public sets whose pixels are told apart by kind: street scenes, and pets."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.data.outlined import VOID, Pictures, label_map
from mmdemo.core.data.splits import hold_out
from mmdemo.core.media.image import open_image

from .words import PETS, STREET


def street(part: str) -> Pictures:
    """A part of the public set of street scenes: `train`, `val` or `test`.

    Raises:
        DataMissing: it is not in the data folder.
    """
    folder = datasets.path("camvid")
    known = [line.split() for line in (folder / "classes.txt").read_text("utf-8").splitlines()]
    names = tuple(STREET[name] for _, name in known if name in STREET)
    images, labels, files = [], [], []
    for line in (folder / f"{part}.txt").read_text(encoding="utf-8").splitlines():
        image, drawn = (folder.joinpath(*Path(each).parts[1:]) for each in line.split())
        values = label_map(drawn).astype(np.int32)
        images.append(open_image(image))
        labels.append(np.where(values < len(names), values, VOID))
        files.append(image.stem)
    return Pictures(images, labels, [], files, names)


SHARE = 0.2
"""Of the pets, which are measured on; and of the others, which are held out."""


def pets(part: str) -> Pictures:
    """A part of the public set of cats and dogs: `train`, `val` or `test`, a split of ours.

    Each breed is in each part. The set has none of its own for so few breeds.

    Raises:
        DataMissing: the set is not in the data folder.
    """
    folder = datasets.path("pets_sample")
    files = sorted((folder / "images").glob("*.jpg"))
    breeds = np.unique([file.stem.rpartition("_")[0] for file in files], return_inverse=True)[1]
    known, test = hold_out(breeds, SHARE, seed=0)
    rows, held_out = hold_out(breeds[known], SHARE, seed=0)
    chosen = {"train": known[rows], "val": known[held_out], "test": test}[part]
    images, labels = [], []
    for row in chosen:
        trimap = label_map(folder / "annotations" / "trimaps" / f"{files[row].stem}.png")
        images.append(open_image(files[row]))
        labels.append(trimap.astype(np.int32) - 1)  # pet, background and border are 1, 2 and 3
    return Pictures(images, labels, [], [files[row].stem for row in chosen], PETS)
