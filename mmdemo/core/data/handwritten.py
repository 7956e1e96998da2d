"""Handwritten digits: MNIST, and those of other hands."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmdemo.core.data import datasets
from mmdemo.core.errors import DataMissing, UserError
from mmdemo.core.media import handwriting

GREY = 16
"""The brightest value of the UCI digits."""


@dataclass(frozen=True)
class Images:
    """Pictures `(n, 28, 28)` float32 in [0, 1] and their digits `(n,)`."""

    pixels: np.ndarray
    digits: np.ndarray


def mnist(split: str, limit: int | None = None) -> Images:
    """MNIST's `train` or `test` pictures in their order.

    Raises:
        DataMissing: the set is not in the data folder, or damaged.
    """
    folder = datasets.path("mnist")
    prefix = "train" if split == "train" else "t10k"
    pixels = _idx(folder / f"{prefix}-images-idx3-ubyte.gz", 3)[:limit]
    digits = _idx(folder / f"{prefix}-labels-idx1-ubyte.gz", 1)[:limit]
    return Images(pixels.astype(np.float32) / 255, digits.astype(np.int64))


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """LeCun's idx format of bytes."""
    try:
        content = gzip.decompress(path.read_bytes())
        if content[:4] != bytes((0, 0, 8, dimensions)):
            raise ValueError("not an idx file of bytes")
        shape = np.frombuffer(content, ">u4", dimensions, offset=4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    except (OSError, EOFError, ValueError) as error:
        raise DataMissing(f"{path} is missing or damaged ({error}). Get mnist again.") from error


def pens() -> Images:
    """UCI's optical digits, by 43 other people, 8 x 8 pixels each, as the page reads pictures.

    One in which the page finds no digit is left empty, and is named by chance.
    """
    from sklearn.datasets import load_digits

    stored = load_digits()
    pictures = np.zeros((len(stored.target), handwriting.SIDE, handwriting.SIDE), np.float32)
    for row, image in enumerate(stored.images):
        framed = np.pad((image * (255 / GREY)).round().astype(np.uint8), 2)
        try:
            pictures[row] = handwriting.digit(framed)
        except UserError:
            continue
    return Images(pictures, stored.target)
